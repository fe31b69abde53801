// The least a service can be: it answers everything, and says which version and release answered.
import { createServer } from "node:http";

const { VERSION = "", RELEASE = "", HOST = "0.0.0.0", PORT = "8080" } = process.env;
const server = createServer({ keepAliveTimeout: 75_000 }, (_, response) => {
  response.writeHead(200, { "x-version": VERSION, "x-release": RELEASE, "content-type": "text/plain" }).end("ok\n");
});
server.listen(Number(PORT), HOST);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
