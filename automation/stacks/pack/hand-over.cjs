/**
 * Loaded first by every Node process of an engine. The policy runner that an engine starts says the port of the one its
 * driver keeps (`keep.ts`), and lives as long as the engine lets it; where there is none it runs the pack itself.
 */
const Module = require("node:module");
const net = require("node:net");
const path = require("node:path");

const {
  SWITCHYARD_KEPT_PACK: kept,
  SWITCHYARD_OVER,
  SWITCHYARD_PRICES,
  PULUMI_CONFIG,
  PULUMI_NODEJS_DRY_RUN,
} = process.env;
const load = Module._load;

if (kept !== undefined)
  Module._load = function (request, parent, isMain) {
    const loadIt = () => load.call(this, request, parent, isMain);
    if (!isMain || !/[\\/]cmd[\\/]run-policy-pack([\\/]index\.js)?$/.test(request)) return loadIt();
    Module._load = load;
    const { port, token, directory } = JSON.parse(kept);
    // The official engine names the pack by its working directory, the sandbox's by its main file.
    const pack = path.resolve(process.argv[3] ?? "");
    return pack === directory || path.dirname(pack) === directory ? handOver(port, token, loadIt) : loadIt();
  };

function handOver(port, token, loadIt) {
  // A terminal's Ctrl-C goes to every process: what is under way is to be judged to its end.
  const goOn = () => {};
  process.on("SIGINT", goOn);
  let said = "";
  const environment = { SWITCHYARD_OVER, SWITCHYARD_PRICES, PULUMI_CONFIG, PULUMI_NODEJS_DRY_RUN };
  const keeper = net.connect({ port, host: "127.0.0.1" }, () =>
    keeper.write(`${JSON.stringify({ token, environment })}\n`),
  );
  const alone = () => {
    keeper.destroy();
    process.off("SIGINT", goOn);
    loadIt();
  };
  keeper.setEncoding("utf8");
  keeper.once("error", () => (said === "" ? alone() : process.exit(1)));
  keeper.on("data", (text) => {
    said += text;
    if (said.includes("\n")) console.log(said.trim());
  });
  keeper.once("end", () => (said.includes("\n") ? process.exit(0) : alone()));
}
