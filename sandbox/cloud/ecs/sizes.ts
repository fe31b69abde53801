/** CPU and memory pairs Fargate runs: "Amazon ECS task definition parameters for Fargate", Task size. */

const gibibyte = 1024;
const range = (from: number, to: number, step: number) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => (from + i * step) * gibibyte);

/** Memory values (MiB) by CPU units. */
export const fargateSizes: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1 * gibibyte, 2 * gibibyte],
  512: range(1, 4, 1),
  1024: range(2, 8, 1),
  2048: range(4, 16, 1),
  4096: range(8, 30, 1),
  8192: range(16, 60, 4),
  16384: range(32, 120, 8),
};

/** Task sizes as written: `256`, `0.25 vCPU`, `.5 vcpu`; `512`, `1 GB`. NaN when unreadable. */
export function cpuUnits(text: string | undefined): number {
  const vcpu = /^\s*([\d.]+)\s*vcpu\s*$/i.exec(text ?? "");
  return vcpu ? Number(vcpu[1]) * 1024 : Number(text ?? Number.NaN);
}

export function memoryMiB(text: string | undefined): number {
  const gigabytes = /^\s*([\d.]+)\s*gb\s*$/i.exec(text ?? "");
  return gigabytes ? Number(gigabytes[1]) * gibibyte : Number(text ?? Number.NaN);
}

/** Why Fargate refuses a task size; undefined when it does not. */
export function fargateSizeError(cpu: string | undefined, memory: string | undefined): string | undefined {
  if (cpu === undefined || memory === undefined)
    return "Fargate requires that 'cpu' and 'memory' be defined at the task level.";
  const memories = fargateSizes[cpuUnits(cpu)];
  if (memories === undefined)
    return `Invalid 'cpu' setting for task. Fargate offers ${Object.keys(fargateSizes).join(", ")}; '${cpu}' is none of them.`;
  if (memories.includes(memoryMiB(memory))) return undefined;
  return `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. For this CPU it offers ${memories.join(", ")} MiB.`;
}
