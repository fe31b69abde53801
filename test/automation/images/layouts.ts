import { loadImages } from "@switchyard/sandbox";

export const { writeLayout } = await loadImages();
