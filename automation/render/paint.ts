export type Paint = (style: "green" | "red" | "yellow" | "blue" | "dim", text: string) => string;
