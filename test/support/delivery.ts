import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fault, loadStory, stopCloud } from "@switchyard/sandbox";
import { Driver } from "./release/driver.ts";

const { GithubProject, setCloudFaults } = await loadStory();

/** This project as a repository of the stand-in GitHub, and a sandbox whose pipeline is applied. */
export class DeliveryRepository extends GithubProject {
  static async start(): Promise<DeliveryRepository> {
    const dir = await mkdtemp(join(tmpdir(), "switchyard-delivery-"));
    const repository = new DeliveryRepository(dir, await GithubProject.github(dir));
    await repository.begin();
    await repository.drive(["sandbox", "start", "--port", "0", "--owner", String(process.pid)]).succeeds();
    await repository.drive(["up", "pipeline"]).succeeds();
    return repository;
  }

  /** Directory of the sandbox that its workflows deploy to. */
  get sandbox(): string {
    return join(this.directory, "sandbox");
  }

  async stop(): Promise<void> {
    await stopCloud(this.sandbox);
    await this.github.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Replaces the faults of the sandbox's cloud. */
  cloudFaults(...faults: readonly Fault[]): Promise<void> {
    return setCloudFaults(this.sandbox, faults);
  }

  /** Runs a command of the clone's driver as a workflow would. */
  drive(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Driver {
    const env = {
      ...process.env,
      SWITCHYARD_SANDBOX: "1",
      SWITCHYARD_SANDBOX_DIR: this.sandbox,
      ...this.variables,
      ...variables,
    };
    return new Driver(args, env, [], join(this.clone, "automation", "switchyard.mjs"));
  }
}
