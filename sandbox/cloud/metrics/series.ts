/** Samples of one metric in buckets of time, and CloudWatch's statistics over them. */

/** One part in a hundred: how exactly percentiles are known. */
const resolution = Math.log(1.01);
/** Percentiles of smaller values are that of zero. */
const smallest = 1e-6;

interface Bucket {
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
  /** Samples by logarithm of their value. */
  readonly histogram: Map<number, number>;
}

export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** The value below which this share (0–1) of the samples lies, within 1 %. */
  percentile(share: number): number;
}

export class Series {
  #widthMs: number;
  #keepMs: number;
  /** By number of widths since 1970. */
  #buckets = new Map<number, Bucket>();
  #pruneAt = 0;

  constructor(widthMs: number, keepMs: number) {
    this.#widthMs = widthMs;
    this.#keepMs = keepMs;
  }

  add(at: number, value: number): void {
    const index = Math.floor(at / this.#widthMs);
    let bucket = this.#buckets.get(index);
    if (bucket === undefined) {
      bucket = {
        count: 0,
        sum: 0,
        minimum: Number.POSITIVE_INFINITY,
        maximum: Number.NEGATIVE_INFINITY,
        histogram: new Map(),
      };
      this.#buckets.set(index, bucket);
      this.#prune(at);
    }
    bucket.count += 1;
    bucket.sum += value;
    bucket.minimum = Math.min(bucket.minimum, value);
    bucket.maximum = Math.max(bucket.maximum, value);
    const cell = Math.round(Math.log(Math.max(value, smallest)) / resolution);
    bucket.histogram.set(cell, (bucket.histogram.get(cell) ?? 0) + 1);
  }

  #prune(now: number): void {
    if (now < this.#pruneAt) return;
    this.#pruneAt = now + this.#keepMs / 10;
    const oldest = (now - this.#keepMs) / this.#widthMs;
    for (const index of this.#buckets.keys()) if (index < oldest) this.#buckets.delete(index);
  }

  /** The samples of buckets that begin in [from, to); undefined when there are none. */
  summary(from: number, to: number): Summary | undefined {
    const total = { count: 0, sum: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };
    const cells = new Map<number, number>();
    const first = Math.max(from, to - this.#keepMs);
    for (let index = Math.ceil(first / this.#widthMs); index * this.#widthMs < to; index++) {
      const bucket = this.#buckets.get(index);
      if (bucket === undefined) continue;
      total.count += bucket.count;
      total.sum += bucket.sum;
      total.minimum = Math.min(total.minimum, bucket.minimum);
      total.maximum = Math.max(total.maximum, bucket.maximum);
      for (const [cell, count] of bucket.histogram) cells.set(cell, (cells.get(cell) ?? 0) + count);
    }
    if (total.count === 0) return undefined;
    const percentile = (share: number) => {
      const value = Math.exp(cellAt(cells, Math.max(1, Math.ceil(share * total.count))) * resolution);
      return Math.min(total.maximum, Math.max(total.minimum, value));
    };
    return { ...total, percentile };
  }
}

function cellAt(cells: ReadonlyMap<number, number>, rank: number): number {
  let seen = 0;
  let last = 0;
  for (const [cell, count] of [...cells].sort(([a], [b]) => a - b)) {
    seen += count;
    last = cell;
    if (seen >= rank) break;
  }
  return last;
}

/** A statistic by CloudWatch's name: Average, Sum, SampleCount, Minimum, Maximum, p99. Undefined for an unknown one. */
export function statistic(summary: Summary, name: string): number | undefined {
  switch (name) {
    case "Average":
      return summary.sum / summary.count;
    case "Sum":
      return summary.sum;
    case "SampleCount":
      return summary.count;
    case "Minimum":
      return summary.minimum;
    case "Maximum":
      return summary.maximum;
    default: {
      const percent = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(name)?.[1];
      return percent === undefined ? undefined : summary.percentile(Number(percent) / 100);
    }
  }
}
