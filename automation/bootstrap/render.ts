import type { State } from "./decide/steps.ts";
import type { Unmade, Walked } from "./walk.ts";

const words: Readonly<Record<State["kind"], string>> = {
  done: "done",
  "to-do": "to do",
  "by-hand": "by hand",
  "left-out": "left out",
  waits: "waits",
};

/** A step with its state, and what is to be done about it below. */
export function stepLines({ name, title, state, acted }: Walked, index: number): readonly string[] {
  const head = `${String(index + 1).padStart(2)}. ${title.padEnd(24)} ${acted ? "done now" : words[state.kind]}`;
  switch (state.kind) {
    case "done":
    case "left-out":
      return [`${head}: ${state.says}`];
    case "waits":
      return [`${head}: for ${state.on.join(", ")} (step ${name})`];
    case "to-do":
      return [head, ...state.does.map((line) => `      - ${line}`)];
    case "by-hand":
      return [`${head}: ${state.says}`, ...state.steps.map((line, i) => `      ${i + 1}. ${line}`)];
  }
}

export function unmadeLines({ did, left }: Unmade): readonly string[] {
  return [...did.map((line) => `  ${line}`), ...left.map((line) => `  left: ${line}`)];
}
