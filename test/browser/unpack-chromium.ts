/** A process of its own: the package takes the directory for temporary files, and whether it is on Lambda, from the environment it is loaded in. */
import chromium from "@sparticuz/chromium";

await chromium.executablePath();
