/** A stand-in as a plugin process of the official CLI: `main.ts <package> <engine address>`; prints its port. */
import { type PackageName, packages, serveProvider } from "./serve.ts";

const [pkg = "", ...rest] = process.argv.slice(2);
const engineAddress = rest.find((argument) => /^[\w.-]+:\d+$/.test(argument)) ?? "";
try {
  if (!(pkg in packages)) throw new Error(`"${pkg}" is not one of ${Object.keys(packages).join(", ")}`);
  const { port } = await serveProvider(pkg as PackageName, engineAddress);
  process.stdout.write(`${port}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
