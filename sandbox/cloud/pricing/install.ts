/** AWS's price list, which moto has not: GetProducts from an extract, in the form the API answers in. */
import { GetProductsCommand } from "@aws-sdk/client-pricing";
import { awsError, type CloudContext } from "../handlers.ts";
import { extract, extractRegion, type Listed } from "./extract.ts";

export function installPricing(cloud: CloudContext): void {
  cloud.handle(GetProductsCommand, ({ ServiceCode, Filters = [] }) => {
    const found = extract.filter((listed) => {
      const attributes = attributesOf(listed);
      return (
        listed.serviceCode === ServiceCode &&
        Filters.every(({ Type, Field = "", Value }) => {
          if (Type !== "TERM_MATCH")
            throw awsError("InvalidParameterException", "The sandbox lacks filters but TERM_MATCH");
          return attributes[Field] === Value;
        })
      );
    });
    return { FormatVersion: "aws_v1", PriceList: found.map((listed) => JSON.stringify(product(listed))) };
  });
}

function attributesOf({
  serviceCode,
  usagetype,
  attributes,
  page,
  quotedBy,
  everywhere,
}: Listed): Record<string, string> {
  const region: Record<string, string> = everywhere === true ? {} : { regionCode: extractRegion };
  const quoted: Record<string, string> = quotedBy === undefined ? {} : { quotedBy };
  return { servicecode: serviceCode, ...region, usagetype, ...attributes, pricingPage: page, ...quoted };
}

/** The codes of products and terms are not in the extract: they are made of the usage type. */
function product(listed: Listed): object {
  const sku = `extract:${listed.usagetype}`;
  const { unit, free = 0 } = listed;
  const paid = { unit, beginRange: String(free), endRange: "Inf", pricePerUnit: { USD: listed.usd } };
  const given = { unit, beginRange: "0", endRange: String(free), pricePerUnit: { USD: "0.0000000000" } };
  const priceDimensions = { [sku]: paid, ...(free > 0 && { [`${sku}:free`]: given }) };
  return {
    product: { attributes: attributesOf(listed), sku },
    serviceCode: listed.serviceCode,
    terms: { OnDemand: { [sku]: { priceDimensions, sku } } },
    publicationDate: `${listed.published}T00:00:00Z`,
  };
}
