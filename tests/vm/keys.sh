# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Who releases bundles, for the tests: an authority and a certificate for code signing.

# vm_keys DIR NAME: NAME-ca.pem, NAME.pem, NAME.key
vm_keys() {
	local dir=$1 name=$2
	mkdir -p "$dir"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$name authority" -keyout "$dir/$name-ca.key" -out "$dir/$name-ca.pem" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name release" -keyout "$dir/$name.key" -out "$dir/$name.csr" 2>/dev/null &&
		openssl x509 -req -in "$dir/$name.csr" -CA "$dir/$name-ca.pem" -CAkey "$dir/$name-ca.key" -CAcreateserial -days 3650 \
			-extfile <(printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n') \
			-out "$dir/$name.pem" 2>/dev/null
}

# vm_crl DIR NAME [CERTIFICATE]: NAME-crl.pem, which revokes that one, or nothing.
vm_crl() {
	local dir=$1 name=$2 cert=${3:-}
	: >"$dir/$name.index"
	echo 01 >"$dir/$name.number"
	printf '[ca]\ndefault_ca=this\n[this]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\ndefault_crl_days=3650\n' \
		"$dir/$name.index" "$dir/$name.number" >"$dir/$name.conf"
	[ -z "$cert" ] ||
		openssl ca -config "$dir/$name.conf" -cert "$dir/$name-ca.pem" -keyfile "$dir/$name-ca.key" -revoke "$cert" 2>/dev/null || return
	openssl ca -config "$dir/$name.conf" -cert "$dir/$name-ca.pem" -keyfile "$dir/$name-ca.key" -gencrl -out "$dir/$name-crl.pem" 2>/dev/null
}
