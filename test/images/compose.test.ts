import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");

interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, { readonly condition: string }>;
  readonly read_only?: boolean;
}

describe("compose.yaml", () => {
  const file = parse(readFileSync(join(root, "compose.yaml"), "utf8"), { merge: true });
  const services = file.services as Record<string, ComposeService>;

  it("publishes web on 3001, api on 3000 and Postgres on 5432, on the loopback interface only", () => {
    const ports = Object.fromEntries(
      Object.entries(services).flatMap(([name, { ports }]) => (ports === undefined ? [] : [[name, ports]])),
    );
    assert.deepEqual(ports, {
      postgres: ["127.0.0.1:5432:5432"],
      api: ["127.0.0.1:3000:8080"],
      web: ["127.0.0.1:3001:8080"],
    });
  });

  it("runs the migrations before the api, and the database before the migrations", () => {
    assert.equal(services["api"]?.depends_on?.["migrate"]?.condition, "service_completed_successfully");
    assert.equal(services["migrate"]?.depends_on?.["postgres"]?.condition, "service_healthy");
  });

  it("builds this repository's images, with a root that cannot be written", () => {
    for (const name of ["web", "api", "migrate"]) {
      assert.ok(existsSync(join(root, services[name]?.build?.context ?? "", "Dockerfile")), name);
      assert.equal(services[name]?.read_only, true, name);
    }
  });

  it("names an exact version for every other image, and only volumes and services there are", () => {
    for (const [name, { image, volumes = [], depends_on = {} }] of Object.entries(services)) {
      if (image !== undefined) assert.match(image, /:\d+\.\d+/, name);
      for (const volume of volumes) assert.ok((volume.split(":")[0] ?? "") in file.volumes, `${name}: ${volume}`);
      for (const other of Object.keys(depends_on)) assert.ok(other in services, `${name}: ${other}`);
    }
  });

  it("gives each program every variable it cannot run without", () => {
    const required: Record<string, readonly string[]> = {
      web: ["API_URL"],
      api: ["DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD", "NODE_EXTRA_CA_CERTS"],
      migrate: ["DATABASE_HOST", "DATABASE_NAME", "MASTER_SECRET", "APP_SECRET", "NODE_EXTRA_CA_CERTS"],
    };
    for (const [name, variables] of Object.entries(required)) {
      for (const variable of variables) assert.ok(services[name]?.environment?.[variable], `${name}: ${variable}`);
    }
  });
});

describe("the Dockerfiles", () => {
  for (const name of ["base", "web", "api", "migrate"]) {
    const lines = readFileSync(join(root, "images", name, "Dockerfile"), "utf8").split("\n");
    const instructions = lines.filter((line) => /^[A-Z]+ /.test(line));

    it(`${name} runs as a numeric user that is not root`, () => {
      assert.equal(
        instructions.findLast((line) => line.startsWith("USER ")),
        "USER 65532:65532",
      );
    });

    it(`${name} names an exact version of what it is built on`, () => {
      assert.ok(lines.some((line) => /^ARG (BASE|NODE)=[\w./-]+:\d+\.\d+\.\d+-\w+$/.test(line)));
    });

    if (name !== "base") {
      it(`${name} runs no command while it is built, and takes its base and version from outside`, () => {
        assert.ok(!instructions.some((line) => /^(RUN|ADD) /.test(line)));
        assert.ok(
          instructions.some((line) => /^FROM \$\{BASE\}$/.test(line)) &&
            instructions.some((line) => line.startsWith("ARG VERSION")),
        );
      });
    }
  }
});
