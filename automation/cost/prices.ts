import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Filter } from "@aws-sdk/client-pricing";
import { fixedPrices, type Price, type PriceList, type PriceName, priceKey } from "../../programs/cost/catalogue.ts";
import { type KeptPrices, parsePrices, priceFileName, priceList } from "../../programs/cost/price-file.ts";
import { priceIn } from "../../programs/cost/products.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { writeAtomically } from "../files.ts";

/** Meant to be committed: the same estimate for everybody, until it is read anew. */
export function priceFile(directory: string, region: string): string {
  return join(directory, priceFileName(region));
}

/**
 * Prices by name: those that were kept, and what is missing of them from AWS, which is then kept as well. Whoever asks for one
 * asks for all there are but of other classes of databases: the file is of every stack of the region, and what another has, or
 * this one has tomorrow, is refused where it is not in it.
 *
 * @param today such as 2026-11-28
 * @throws SwitchyardError `unusable-file` for a file that holds no prices.
 */
export async function pricesFor(
  aws: Aws,
  directory: string,
  names: readonly PriceName[],
  { anew, today }: { readonly anew: boolean; readonly today: string },
): Promise<PriceList> {
  const file = priceFile(directory, aws.region);
  const before = await read(file).catch((error: unknown) => {
    if (anew) return undefined;
    throw error;
  });
  const kept = anew ? undefined : before;
  const isMissing = (name: PriceName) => !(name in (kept?.prices ?? {}));
  const all = new Set([...names, ...fixedPrices, ...Object.keys(before?.prices ?? {}).filter(isPriceName)]);
  const missing = names.some(isMissing) ? [...all].filter(isMissing) : [];
  const prices: Record<string, Price | null> = { ...kept?.prices };
  for (const name of missing) prices[name] = (await ask(aws, name)) ?? null;
  const list: KeptPrices = { region: aws.region, read: kept?.read ?? today, prices };
  if (missing.length > 0) await writeAtomically(file, `${JSON.stringify(list, null, 2)}\n`);
  return priceList(list);
}

/** Every price a stack may need, with those of a class of database. */
export function allPrices(instanceClass?: string): readonly PriceName[] {
  if (instanceClass === undefined) return fixedPrices;
  const database = (["single", "multi"] as const).flatMap((zones): readonly PriceName[] => [
    `rds/${instanceClass}/${zones}`,
    `rds-gp3/${zones}`,
  ]);
  return [...fixedPrices, ...database];
}

function isPriceName(name: string): name is PriceName {
  return (fixedPrices as readonly string[]).includes(name) || /^rds(-gp3|\/db\.[a-z0-9.]+)\/(single|multi)$/.test(name);
}

async function read(file: string): Promise<KeptPrices | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unusable(file, "it cannot be read", error);
  });
  if (text === undefined) return undefined;
  const kept = parsePrices(text);
  if (kept === undefined) throw unusable(file, "it holds no prices as they are written here");
  return kept;
}

function unusable(file: string, what: string, cause?: unknown): SwitchyardError {
  const fix = "delete it, and run the command again: it reads them anew";
  return new SwitchyardError("unusable-file", { what, where: file, fix, cause });
}

async function ask(aws: Aws, name: PriceName): Promise<Price | undefined> {
  const { paginateGetProducts } = await import("@aws-sdk/client-pricing");
  const key = priceKey(name);
  const wanted = { ...key.attributes, ...(key.everywhere !== true && { regionCode: aws.region }) };
  const Filters = Object.entries(wanted).map(([Field, Value]): Filter => ({ Type: "TERM_MATCH", Field, Value }));
  const answers: string[] = [];
  const pages = paginateGetProducts(
    { client: await aws.client("pricing") },
    { ServiceCode: key.serviceCode, Filters: [...Filters, ...narrower(key.usage)] },
  );
  for await (const { PriceList = [] } of pages) answers.push(...PriceList.map(String));
  return priceIn(answers, key);
}

/** The list of EC2 has a hundred thousand products in a region: of what is asked for there, the group is told too. */
function narrower(usage: string): readonly Filter[] {
  const group = { "NatGateway-Hours": "NGW:NatGateway", "NatGateway-Bytes": "NGW:NatGateway" }[usage];
  return group === undefined ? [] : [{ Type: "TERM_MATCH", Field: "group", Value: group }];
}
