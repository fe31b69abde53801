import { parseJson } from "@switchyard/iam/document.ts";
import { type Container, type Containers, field, list, readContainer, sharedWithHost } from "./containers.ts";

/** Every container of a job definition: of its own, of an ECS task, of a range of nodes, of a pod. */
export function jobContainers(props: object): Containers {
  const found: Container[] = [];
  for (const [property, read] of Object.entries(readers)) {
    if (!(property in props)) continue;
    const value = (props as Record<string, unknown>)[property];
    if (value === undefined || value === null) continue;
    const parsed = typeof value === "string" ? parseJson(value) : value;
    if (typeof parsed !== "object" || parsed === null) return { list: found, problem: `${property} is not JSON` };
    found.push(...read(parsed, property));
  }
  return { list: found };
}

type Reader = (value: unknown, at: string) => readonly Container[];

const readers: Readonly<Record<string, Reader>> = {
  containerProperties: (value, at) => [readContainer(value, at)],
  ecsProperties: ofTasks,
  nodeProperties: (value, at) =>
    each(field(value, "nodeRangeProperties"), `${at}.nodeRangeProperties`, (range, where) => [
      ...(field(range, "container") === undefined
        ? []
        : [readContainer(field(range, "container"), `${where}.container`)]),
      ...ofTasks(field(range, "ecsProperties"), `${where}.ecsProperties`),
      ...ofPods(field(range, "eksProperties"), `${where}.eksProperties`),
    ]),
  eksProperties: ofPods,
};

function ofTasks(value: unknown, at: string): readonly Container[] {
  return each(field(value, "taskProperties"), `${at}.taskProperties`, (task, where) =>
    each(field(task, "containers"), `${where}.containers`, (one, here) => {
      const container = readContainer(one, here);
      return [{ ...container, sharedWithHost: [...container.sharedWithHost, ...sharedWithHost(task)] }];
    }),
  );
}

function ofPods(value: unknown, at: string): readonly Container[] {
  return ["containers", "initContainers"].flatMap((key) =>
    each(field(field(value, "podProperties"), key), `${at}.podProperties.${key}`, (one, here) => [
      readContainer(one, here),
    ]),
  );
}

function each(value: unknown, at: string, read: Reader): readonly Container[] {
  return list(value).flatMap((one, index) => read(one, `${at}[${index}]`));
}

/** Findings of a test over every container of a job; properties that cannot be read are one too. */
export function everyJobContainer(test: (container: Container) => Iterable<string>) {
  return function* (props: object): Iterable<string> {
    const { list: containers, problem } = jobContainers(props);
    if (problem !== undefined) yield problem;
    for (const container of containers) yield* test(container);
  };
}
