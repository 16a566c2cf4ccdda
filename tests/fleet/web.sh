# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A fleet's web server, and the certificates of it. Sourced.

web_authority() { # web_authority DIR NAME: DIR/NAME.pem, DIR/NAME.key
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj "/CN=$2" \
		-addext basicConstraints=critical,CA:TRUE -keyout "$1/$2.key" -out "$1/$2.pem" 2>/dev/null
}

web_certificate() { # web_certificate DIR NAME AUTHORITY ALTERNATIVE-NAME: DIR/NAME.pem, DIR/NAME.key
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$1/$2.key" \
		-out "$1/$2.csr" 2>/dev/null &&
		openssl x509 -req -in "$1/$2.csr" -CA "$1/$3.pem" -CAkey "$1/$3.key" -CAcreateserial -days 9 \
			-extfile <(echo "subjectAltName=$4") -out "$1/$2.pem" 2>/dev/null
}

# web_conf DIR LISTEN CERTIFICATE ROOT [STATEMENT]: DIR/conf for nginx, whose own files are in DIR too.
# CERTIFICATE without .pem and .key; in ROOT/culvert/reports/ nodes leave what they say of themselves.
web_conf() {
	mkdir -p "$1" "$4/culvert/reports"
	cat >"$1/conf" <<-END
		daemon off; master_process off; worker_processes 1; pid $1/pid; error_log $1/error.log;
		events { }
		http {
			access_log $1/access.log; client_body_temp_path $1/body; proxy_temp_path $1/p;
			fastcgi_temp_path $1/f; uwsgi_temp_path $1/u; scgi_temp_path $1/s;
			server {
				listen $2 ssl; ssl_certificate $3.pem; ssl_certificate_key $3.key; root $4;
				location /culvert/reports/ { dav_methods PUT; client_max_body_size 4k; }
				${5:-}
			}
		}
	END
}
