/** The file that prices are kept in: read by the driver, which fills it, and by the guardrails, which ask nobody. */
import { type Price, type PriceList, pers } from "./catalogue.ts";

export interface KeptPrices {
  readonly region: string;
  /** When it was begun, such as 2026-11-28. */
  readonly read: string;
  /** A name with null was asked for, and AWS's list has no such price. */
  readonly prices: Readonly<Record<string, Price | null>>;
}

export const priceFileName = (region: string) => `prices.${region}.json`;

/** @returns undefined for what holds no prices as they are written here. */
export function parsePrices(text: string): KeptPrices | undefined {
  const { region, read, prices, ...others } = record(parsed(text));
  if (Object.keys(others).length > 0) return undefined;
  if (typeof region !== "string" || typeof read !== "string" || !/^\d{4}-\d\d-\d\d$/.test(read)) return undefined;
  if (typeof prices !== "object" || prices === null) return undefined;
  if (!Object.values(prices).every((one) => one === null || isPrice(one))) return undefined;
  return { region, read, prices: prices as KeptPrices["prices"] };
}

/** What of it is money. */
export function priceList(kept: KeptPrices): PriceList {
  const had = Object.entries(kept.prices).filter((entry): entry is [string, Price] => entry[1] !== null);
  return { ...kept, prices: Object.fromEntries(had) };
}

function isPrice(one: unknown): boolean {
  const { usd, per, published, page, ...others } = record(one);
  if (Object.keys(others).length > 0) return false;
  const positive = typeof usd === "number" && Number.isFinite(usd) && usd > 0;
  return (
    positive && (pers as readonly unknown[]).includes(per) && [published, page].every((s) => typeof s === "string")
  );
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
