import { onSupportedNode } from "./supported-node.mjs";

await onSupportedNode(() => import("./main.ts"), "npm run drill");
