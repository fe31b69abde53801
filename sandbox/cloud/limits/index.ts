export { membersOfJson, reasonAt } from "./limit.ts";
export { limits } from "./table.ts";
export { tagKey, tagValue } from "./tags.ts";
