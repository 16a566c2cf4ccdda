// SPDX-License-Identifier: Apache-2.0

// A durable consumer with nothing but Go's library: go run consume.go SOCKET GROUP [once].
// Kill it at any moment; what was not acknowledged comes again.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
)

type event struct {
	ID string `json:"id"`
}

func ask(client *http.Client, method, path string, ret any) (string, error) {
	request, err := http.NewRequest(method, "http://culvert"+path, nil)
	if err != nil {
		return "", err
	}
	answer, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", path, answer.Status)
	}
	return answer.Header.Get("Culvert-Cursor"), json.NewDecoder(answer.Body).Decode(ret)
}

func main() {
	socket, group, once := os.Args[1], os.Args[2], len(os.Args) > 3
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial}}
	for {
		var events []event
		cursor, err := ask(client, "GET",
			"/v1/events/batch?from=earliest&wait=1000&group="+group, &events)
		if err != nil {
			log.Fatal(err)
		}
		for _, e := range events {
			fmt.Println(e.ID) // your work: it must be done before it is acknowledged
		}
		if len(events) > 0 {
			var acknowledged map[string]string
			_, err = ask(client, "POST", "/v1/groups/"+group+"/ack?cursor="+cursor, &acknowledged)
			if err != nil {
				log.Fatal(err)
			}
		} else if once {
			return
		}
	}
}
