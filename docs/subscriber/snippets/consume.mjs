// SPDX-License-Identifier: Apache-2.0
// A durable consumer with nothing but Node.js: node consume.mjs SOCKET GROUP [once].
// Kill it at any moment; what was not acknowledged comes again.
import http from "node:http";

const [socketPath, group, once] = process.argv.slice(2);

function ask(method, path) {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, method, path }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece) => (text += piece));
      answer.on("end", () => {
        const body = JSON.parse(text);
        if (answer.statusCode === 200) resolve({ body, cursor: answer.headers["culvert-cursor"] });
        else reject(new Error(`${body.error} (${body.hint})`));
      });
    });
    request.on("error", reject);
    request.end();
  });
}

for (;;) {
  const { body: events, cursor } = await ask(
    "GET", `/v1/events/batch?group=${group}&from=earliest&wait=1000`);
  for (const event of events) console.log(event.id); // your work: before it is acknowledged
  if (events.length > 0) await ask("POST", `/v1/groups/${group}/ack?cursor=${cursor}`);
  else if (once) break;
}
