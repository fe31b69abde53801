/** A resource others wrote, and what is right to say of it. */
export interface Found {
  readonly what: string;
  readonly type: string;
  readonly props: Record<string, unknown>;
  /** Rules of which one at least must find it; absent: no rule may refuse it. */
  readonly rules?: readonly string[];
  readonly name?: string;
}

export const own = "123456789012";

export function json(...statements: readonly unknown[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
