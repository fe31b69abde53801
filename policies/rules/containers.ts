import { parseJson } from "../document.ts";

/** A container as a task definition's JSON declares it; only what rules look at. */
export interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly privileged?: boolean;
  readonly readonlyRootFilesystem?: boolean;
  readonly user?: string;
  readonly environment?: readonly { readonly name: string; readonly value?: string }[];
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly logConfiguration?: { readonly logDriver?: string };
}

export interface Containers {
  readonly list: readonly { readonly at: string; readonly container: Container }[];
  /** Why containerDefinitions cannot be read. */
  readonly problem?: string;
}

/** Reads `containerDefinitions`. An unknown value throws as any unknown does. */
export function readContainers(definitions: string): Containers {
  const parsed = parseJson(definitions);
  if (!Array.isArray(parsed)) return { list: [], problem: "containerDefinitions is not a JSON list" };
  return {
    list: parsed.map((container: Container, index) => ({
      at: `containerDefinitions[${index}]`,
      container: container ?? {},
    })),
  };
}

/** Findings of a test over every container; definitions that cannot be read are one too. */
export function everyContainer(test: (container: Container) => string | undefined) {
  return function* ({ containerDefinitions }: { readonly containerDefinitions: string }): Iterable<string> {
    const { list, problem } = readContainers(containerDefinitions);
    if (problem !== undefined) yield problem;
    for (const { at, container } of list) {
      const what = test(container);
      if (what !== undefined) yield `${at} ${what}`;
    }
  };
}
