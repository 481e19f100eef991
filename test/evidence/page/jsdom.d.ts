/** What these tests use of jsdom: its own types bring the browser's globals into the whole project. */
declare module "jsdom" {
  export interface PageElement {
    readonly tagName: string;
    readonly textContent: string;
    readonly outerHTML: string;
    readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
    readonly parentElement: PageElement | null;
    getAttribute(name: string): string | null;
    closest(selector: string): PageElement | null;
    querySelector(selector: string): PageElement | null;
    querySelectorAll(selector: string): Iterable<PageElement>;
  }
  export class JSDOM {
    constructor(html: string, options?: { readonly runScripts?: "outside-only" });
    readonly window: { readonly document: PageElement & { readonly title: string }; eval(script: string): unknown };
    static fragment(html: string): PageElement;
  }
}
