import assert from "node:assert/strict";
import { readRelease } from "../../automation/ledger/release.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const atOnce = ["--strategy", "all-at-once"];
const marker = "services.web.environment.SWITCHYARD_PART";

/** Releases of a part of the services, tried through the command line while users are served all the time. */
describe("a release of some services alone", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();

  async function run(...args: readonly string[]): Promise<string> {
    return sandbox()
      .drive(...args)
      .succeeds();
  }
  const deploy = (tag: string, ...flags: readonly string[]) =>
    run("deploy", stack, "--tag", tag, ...(flags.includes("--canary") ? [] : atOnce), ...flags);

  /** What a service serves: its version, and the colour and fingerprint that tell two releases of one version apart. */
  async function serving(name: string) {
    const service = (await readRelease(sandbox().table)).services[name];
    assert.ok(service?.live, name);
    const { live } = service;
    return { version: service[live]?.version, is: `${live} ${service[live]?.release}` };
  }

  before("v2 serves, and v1 did before", async () => {
    await deploy("v1");
    await deploy("v2");
  });
  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", () => sandbox().stopLoad());

  it("is what a changed variable makes of the version that serves, and all that a rollback takes back", async () => {
    const [web, api] = await Promise.all([serving("web"), serving("api")]);
    await run("up", stack, "--config", `${marker}=1`);
    await deploy("v2");
    const changed = await serving("web");
    assert.notEqual(changed.is, web.is);
    assert.deepEqual(await serving("api"), api);
    const said = await run("rollback", stack);
    assert.match(said, new RegExp(`v2 serves 100% of web in ${stack} after`));
    assert.match(said, /^ {2}api stays v2: the last release did not change it$/m);
    assert.deepEqual(await serving("web"), web);
    assert.deepEqual(await serving("api"), api);
    await run("rollback", stack);
    assert.deepEqual([await serving("web"), await serving("api")], [changed, api], "forward again");
    await run("rollback", stack);
  });

  it("moves what it names and says what waits; a deploy of all takes that along", async () => {
    const [web, api] = await Promise.all([serving("web"), serving("api")]);
    const said = await deploy("v3", "--service", "api");
    assert.match(said, /v3 serves 100% of api/);
    assert.match(
      said,
      /^ {2}web stays v2: it was not named; what its configuration changed waits for its next deploy$/m,
    );
    assert.equal((await serving("api")).version, "v3");
    assert.deepEqual(await serving("web"), web);
    assert.match(await run("history", stack), /deploy +v3 \(api\) +succeeded/);
    assert.match(await run("drift", stack), new RegExp(stack));
    await run("rollback", stack);
    assert.deepEqual([await serving("web"), await serving("api")], [web, api]);
    await deploy("v3");
    assert.deepEqual([(await serving("web")).version, (await serving("api")).version], ["v3", "v3"]);
    const back = await run("rollback", stack, "--to", "v2");
    assert.match(back, new RegExp(`v2 serves 100% of ${stack}`));
    assert.deepEqual([await serving("web"), await serving("api")], [web, api], "both are at hand");
  });

  it("is undone alone where it was killed under a share of the traffic", async () => {
    const [web, api] = await Promise.all([serving("web"), serving("api")]);
    const driver = sandbox().drive(
      "deploy",
      stack,
      "--tag",
      "v1",
      "--service",
      "web",
      "--canary",
      "10%",
      "--bake",
      "5h",
    );
    await driver.shows("shift    web 10%");
    await driver.kill();
    assert.match(await run("status", stack), /deploy v1 \(web\) {2}in flight/);
    assert.match(await run("rollback", stack), new RegExp(`v2 serves 100% of ${stack}`));
    assert.match(await run("history", stack), /deploy +v1 \(web\) +failed .*superseded by rollback/);
    assert.deepEqual([await serving("web"), await serving("api")], [web, api]);
  });

  it("is refused for a service that is not there, before anything is written", async () => {
    const { revision } = await readRelease(sandbox().table);
    const driver = sandbox().drive("deploy", stack, "--tag", "v1", "--service", "apii");
    assert.equal(await driver.exitCode(), errorCatalogue["invalid-flag"].exitCode);
    assert.match(driver.output, /--service: there is no service apii\. Did you mean api\? services here: web, api/);
    assert.equal((await readRelease(sandbox().table)).revision, revision);
  });
});
