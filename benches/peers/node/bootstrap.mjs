// The loop of Lambda's Node runtime in its smallest form. The real one (aws-lambda-ric) is an addon in C++ that is compiled when
// it is installed; this takes less time than that one does. Usage: node bootstrap.mjs MODULE

import { Agent, request } from "node:http";
import { createRequire } from "node:module";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const call = request({ host, port, agent, method, path: `/2018-06-01/runtime/${path}` }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    call.on("error", reject);
    call.end(body);
  });
}

const { handler } = createRequire(import.meta.url)(process.argv[2]);
for (;;) {
  const next = await ask("GET", "invocation/next");
  const id = next.headers["lambda-runtime-aws-request-id"];
  try {
    await ask("POST", `invocation/${id}/response`, JSON.stringify(await handler(JSON.parse(next.body), { awsRequestId: id })));
  } catch (error) {
    await ask("POST", `invocation/${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
  }
}
