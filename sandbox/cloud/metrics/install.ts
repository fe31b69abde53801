import type { CloudContext } from "../handlers.ts";

export function install(_cloud: CloudContext): void {}
