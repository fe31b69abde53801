export { awsFunctions, awsProvider, awsRows } from "./aws/provider.ts";
export { planSubnets } from "./awsx/subnets.ts";
export { serveProvider, serveStandIn } from "./serve.ts";
export { TableProvider } from "./table-provider.ts";
