/** The fake provider as a plugin process, as the official CLI starts it: it prints its port. */
import { FakeCloud } from "./fake.ts";
import { serveFake } from "./fake-server.ts";

const [path, previews, engineAddress = ""] = process.argv.slice(2);
const { port } = await serveFake(new FakeCloud(path, previews === "true"), engineAddress);
console.log(String(port));
