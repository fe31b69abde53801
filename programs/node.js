/**
 * What is wrong with the Node that runs this, or undefined: an older one fails with what it lacks first, such as
 * "Unknown file extension".
 *
 * @param {string | undefined} name of how Node reads TypeScript, `process.features.typescript`; Node has it by default from 22.18
 */
export function nodeProblem(typescript = process.features.typescript) {
  if (typescript) return undefined;
  const found = `Node ${process.versions.node} (${process.execPath}) cannot run TypeScript: Node 22.18 or later is needed`;
  return `${found}. The project brings Node 24: \`npm run pulumi -- up --stack <stack>\` and \`npx switchyard\` use it`;
}
