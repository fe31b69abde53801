import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type rpc from "@pulumi/pulumi/proto/resource_pb.js";
import type source from "@pulumi/pulumi/proto/source_pb.js";
import type { Resource } from "./state.ts";

type Source = Pick<Resource, "sourcePosition" | "stackTrace">;

/** Where a program makes a resource, if it says. Its files are named from the project's directory. */
export function sourceOf(request: rpc.RegisterResourceRequest | rpc.ReadResourceRequest, directory: string): Source {
  const position = positionOf(request.getSourceposition(), directory);
  const frames = request.getStacktrace()?.getFramesList() ?? [];
  const trace = frames.map((frame) => ({ sourcePosition: positionOf(frame.getPc(), directory) ?? "" }));
  return {
    ...(position !== undefined && { sourcePosition: position }),
    ...(trace.length > 0 && { stackTrace: trace }),
  };
}

/** `project:///programs/network.ts#12,3`; undefined for what is in no file, as Node's own modules are not. */
function positionOf(position: source.SourcePosition | undefined, directory: string): string | undefined {
  if (position === undefined || position.getLine() <= 0 || !position.getUri().startsWith("file:///")) return undefined;
  const path = relative(directory, fileURLToPath(position.getUri()));
  const url = encodeURI(path).replace(/[?#]/g, encodeURIComponent);
  const column = position.getColumn() > 0 ? `,${position.getColumn()}` : "";
  return `project:///${url}#${position.getLine()}${column}`;
}
