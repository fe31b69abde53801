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

function attributesOf({ serviceCode, usagetype, attributes, page, everywhere }: Listed): Record<string, string> {
  const region: Record<string, string> = everywhere === true ? {} : { regionCode: extractRegion };
  return { servicecode: serviceCode, ...region, usagetype, ...attributes, pricingPage: page };
}

/** The codes of products and terms are not in the extract: they are made of the usage type. */
function product(listed: Listed): object {
  const sku = `extract:${listed.usagetype}`;
  const dimension = { unit: listed.unit, beginRange: "0", endRange: "Inf", pricePerUnit: { USD: listed.usd } };
  return {
    product: { attributes: attributesOf(listed), sku },
    serviceCode: listed.serviceCode,
    terms: { OnDemand: { [sku]: { priceDimensions: { [sku]: dimension }, sku } } },
    publicationDate: `${listed.published}T00:00:00Z`,
  };
}
