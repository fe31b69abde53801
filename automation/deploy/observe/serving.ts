import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { colours, type Deployed, type Image, type Setup } from "../../../programs/release.ts";
import type { Aws } from "../../aws/clients.ts";
import { readJournal, readOperations } from "../../ledger/journal.ts";
import type { StackTable } from "../../ledger/table.ts";
import type { ObservedService, Serving } from "../decide/model.ts";
import { migrationStatus } from "./migrations.ts";
import type { EnvironmentShape, ServiceShape } from "./shape.ts";

/**
 * What the colours that run tasks run, from their task definitions: all that a lost release document said of them. The
 * image has to be named by its digest, and the container to be told its release; a colour where that is not so is left out.
 */
export async function readServing(
  aws: Aws,
  table: StackTable,
  shape: EnvironmentShape,
  services: Readonly<Record<string, ObservedService>>,
): Promise<Serving> {
  const arns = Object.values(services).flatMap((s) => colours.flatMap((c) => s[c].taskDefinitionArn ?? []));
  const [migrations, versionOf, setups] = await Promise.all([
    appliedMigrations(aws, shape),
    versions(table, shape),
    readSetups(table, shape, arns),
  ]);
  const read = Object.entries(services).map(async ([name, service]) => {
    const running = colours.filter((colour) => service[colour].desired > 0);
    const found = running.map(async (colour) => {
      const image = await readRunning(aws, shape.services[name], service[colour].taskDefinitionArn);
      if (!image) return [];
      const setup = setups.get(image.taskDefinitionArn);
      const known = { version: versionOf(image.digest), migrations, ...(setup && { setup }) };
      return [[colour, { ...image, ...known }] as const];
    });
    return [name, Object.fromEntries((await Promise.all(found)).flat())] as const;
  });
  const deployed: Serving["services"] = Object.fromEntries(await Promise.all(read));
  const migrate = migrateImage(shape, deployed);
  return { services: deployed, ...(migrate && { migrate }) };
}

/** The tag an image was deployed under, as the operations say; else, its digest's first digits. */
async function versions(table: StackTable, shape: EnvironmentShape): Promise<(digest: string) => string> {
  const operations = await readOperations(table);
  const deployed = operations.flatMap(({ goal }) => (goal.kind === "deploy" ? Object.values(goal.images) : []));
  const staged = Object.values(shape.services).flatMap((s) =>
    s.staged ? [{ digest: s.staged.image, version: s.staged.version }] : [],
  );
  const known = [...deployed, ...staged];
  return (digest) =>
    known.find((image) => image.digest === digest)?.version ?? digest.replace(/^.*@sha256:/, "").slice(0, 12);
}

/** What releases were set up with, by task definition: as staged last, else as the newest operation that moved it planned. */
async function readSetups(
  table: StackTable,
  shape: EnvironmentShape,
  arns: readonly string[],
): Promise<ReadonlyMap<string, Setup>> {
  const found = new Map<string, Setup>();
  for (const { staged } of Object.values(shape.services))
    if (staged?.setup) found.set(staged.taskDefinitionArn, staged.setup);
  for (const { operation } of await readOperations(table)) {
    if (arns.every((arn) => found.has(arn))) break;
    for (const { decision } of await readJournal(table, operation)) {
      const plans = decision.kind === "step" ? Object.values(decision.plan ?? {}) : [];
      for (const known of plans.flatMap(({ target, before }) => [target, ...(before ? [before] : [])]))
        if (known.setup && !found.has(known.taskDefinitionArn)) found.set(known.taskDefinitionArn, known.setup);
    }
  }
  return found;
}

async function readRunning(aws: Aws, known: ServiceShape | undefined, arn: string | undefined) {
  if (known === undefined || arn === undefined) return undefined;
  const { DescribeTaskDefinitionCommand } = await import("@aws-sdk/client-ecs");
  const ecs = await aws.client("ecs");
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
  return runningBy(taskDefinition, known.containerName, arn);
}

/** What a task definition says of the release it runs; undefined when it is none of Switchyard's. */
export function runningBy(
  definition: TaskDefinition | undefined,
  containerName: string,
  taskDefinitionArn: string,
): Omit<Deployed, "version" | "migrations"> | undefined {
  const { image: digest, environment = [] } =
    definition?.containerDefinitions?.find(({ name }) => name === containerName) ?? {};
  const release = environment.find(({ name }) => name === "RELEASE")?.value;
  if (!digest || !/^[^\s@]+@sha256:[0-9a-f]{64}$/.test(digest) || !release) return undefined;
  const deployedAt = (definition?.registeredAt ?? new Date(0)).toISOString();
  return { digest, taskDefinitionArn, release, deployedAt };
}

/** None where the function does not answer: then no way back past a contract is taken for possible. */
async function appliedMigrations(aws: Aws, shape: EnvironmentShape): Promise<readonly string[]> {
  try {
    return (await migrationStatus(aws, shape.migrationFunctionName)).applied.map(({ name }) => name);
  } catch {
    return [];
  }
}

/** The image the migration function was given last. Its version is nowhere but in the document: what serves says it best. */
function migrateImage({ migrationImage }: EnvironmentShape, services: Serving["services"]): Image | undefined {
  const [version] = Object.values(services).flatMap((each) => colours.flatMap((colour) => each[colour]?.version ?? []));
  return migrationImage !== undefined && version !== undefined ? { digest: migrationImage, version } : undefined;
}
