import { createHash } from "node:crypto";
import { constant, type Markup } from "./markup.ts";
import { DARK, LIGHT, variables } from "./palette.ts";

/** The verdict's colour, and its band, for whatever is inside. */
const VERDICTS = ["passed", "failed", "inconclusive", "errored"]
  .map((verdict) => `.${verdict}{--own:var(--${verdict});--band:var(--${verdict}Band)}`)
  .join("\n");

/** What every page has. Widths from 390 px on: tables that can not be that narrow scroll in themselves. Nothing here names an address. */
const SHARED = `
:root{color-scheme:light dark;${variables(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
${VERDICTS}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main,footer{max-width:66rem;margin:0 auto;padding:0 1.25rem}
h1,h2,h3,h4,p,dl,dd,ul,ol,table,pre{margin:0;padding:0}
h1{font-size:clamp(1.6rem,1.1rem + 2vw,2.25rem);line-height:1.2;font-weight:650;letter-spacing:-.015em;text-wrap:balance}
h1 b{font-weight:inherit;color:var(--own)}
h2{font-size:1.3rem;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:0 0 1rem}
h3{font-size:1rem;font-weight:650;margin:1.75rem 0 .5rem}
h4{font-size:1rem;font-weight:600}
section{margin:3.5rem 0}
section>p{max-width:46rem}
p+p{margin-top:.6rem}
ul,ol{list-style:none}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
small,.small{font-size:.875rem}
.muted,th,dt,caption,.left{color:var(--muted)}
.sign{width:1.05em;height:1.05em;vertical-align:-.15em;margin-right:.4em;color:var(--own);flex:none}
.own{color:var(--own);font-weight:600}
code,pre,.id{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{white-space:pre-wrap;background:var(--panel);border-radius:6px;padding:.75rem 1rem;margin:.4rem 0}
.first{background:var(--band);border-radius:12px;border-left:6px solid var(--own);padding:1.75rem clamp(1.1rem,4vw,2.25rem) 2rem;margin:1.75rem 0 0}
.first .of{margin-bottom:.9rem}
.first .of b{display:block;font-size:1.15rem;font-weight:650}
.first h1 .sign{width:.95em;height:.95em;vertical-align:-.12em}
.first .summary{margin-top:.75rem;max-width:50rem}
.next{margin-top:1.1rem;max-width:50rem}
.next b{color:var(--own)}
.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;background:var(--rule);border:1px solid var(--rule);border-radius:12px;overflow:hidden;margin-top:1.25rem}
.figures>div{background:var(--paper);padding:1rem 1.25rem 1.1rem}
.figures dt{font-size:.875rem}
.figures .big{font-size:1.5rem;line-height:1.3;font-weight:600;letter-spacing:-.01em}
.figures dd+dd{font-size:.875rem;margin-top:.25rem}
nav ul{display:flex;flex-wrap:wrap;gap:.35rem 1.25rem;margin-top:1.25rem;font-size:.875rem}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
caption{text-align:left;font-size:.875rem;padding-bottom:.5rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .75rem .45rem 0;border-bottom:1px solid var(--rule);font-weight:400}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:.8125rem;vertical-align:bottom;overflow-wrap:normal}
tbody th{color:var(--ink)}
.n{text-align:right;white-space:nowrap}
tfoot td,tfoot th{font-weight:600;color:var(--ink);border-bottom:0}
.scroll{overflow-x:auto}
.scroll table{min-width:44rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;font-size:.875rem;color:var(--muted);margin-top:.75rem}
.mark{color:var(--own)}
details>summary{cursor:pointer;color:var(--accent);width:fit-content}
details>summary:hover{text-decoration:underline}
.alarm{border:1px solid var(--own);border-left-width:6px;background:var(--band);border-radius:8px;padding:1rem 1.25rem;margin:1rem 0}
.alarm h3{margin-top:0}
.alarm h4{margin-top:1rem}
.left{font-size:.875rem;margin-top:.6rem}
footer p{border-top:1px solid var(--rule);margin:4rem 0 0;padding:1.25rem 0 3rem;font-size:.875rem;color:var(--muted)}
.off{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media screen and (max-width:58rem){.figures{grid-template-columns:1fr 1fr}}
@media (max-width:40rem){
 main,footer{padding-left:1rem;padding-right:1rem}
 section{margin:2.75rem 0}
 .figures>div{padding:.8rem .9rem}
 .figures .big{font-size:1.2rem}
 th,td{padding-right:.5rem}
}
@media print{
 :root{${variables(LIGHT)};color-scheme:light}
 html{font-size:10.5pt}
 main,footer{max-width:none;padding:0}
 nav{display:none}
 section{margin:1.75rem 0}
 h2,h3,h4,caption{break-after:avoid}
 details::details-content{content-visibility:visible;height:auto;opacity:1}
 .scroll{overflow:visible}
 .scroll table{min-width:0}
 .figures>div,tr,figure,.alarm{break-inside:avoid}
 .first,.figures{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}`;

/** The style sheet of one kind of page. */
export interface Sheet {
  readonly style: Markup;
  /** Nothing is loaded, run, framed or sent: the page is what it is. The sheet is let in by its hash, so that no other style is. */
  readonly policy: string;
}

/** What every page has, and after it the page's own rules. */
export function sheetOf(own: string): Sheet {
  const css = SHARED + own;
  const sha256 = createHash("sha256").update(css).digest("base64");
  return {
    style: constant(`<style>${css}</style>`),
    policy: `default-src 'none'; style-src 'sha256-${sha256}'; base-uri 'none'; form-action 'none'`,
  };
}

/** Four outlines, told apart without colour; the small ones are for charts. */
export const SIGNS = constant(`<svg width="0" height="0" class="off" aria-hidden="true"><defs>
<g id="sign-passed"><circle r="8" fill="currentColor"/><path d="M-3.8.3-1.2 3 4-2.8" fill="none" stroke="var(--paper)" stroke-width="2"/></g>
<g id="sign-failed"><path d="M-3.4-8h6.8L8-3.4v6.8L3.4 8h-6.8L-8 3.4v-6.8z" fill="currentColor"/><path d="M-3-3 3 3M3-3-3 3" stroke="var(--paper)" stroke-width="2"/></g>
<g id="sign-inconclusive"><path d="M0-8.5 8.5 0 0 8.5-8.5 0z" fill="none" stroke="currentColor" stroke-width="1.8"/><path d="M-2-1.8C-2-4.3 2-4.3 2-1.8 2-.2 0-.3 0 1.3" fill="none" stroke="currentColor" stroke-width="1.6"/><circle cy="3.7" r="1.1" fill="currentColor"/></g>
<g id="sign-errored"><path d="M0-8 8.6 7.5h-17.2z" fill="currentColor"/><path d="M0-3.2V2.4" stroke="var(--paper)" stroke-width="2"/><circle cy="5" r="1.2" fill="var(--paper)"/></g>
<g id="mark-passed"><circle r="3.6" fill="currentColor"/></g>
<g id="mark-failed"><path d="M-4-4 4 4M4-4-4 4" stroke="currentColor" stroke-width="2.4"/></g>
<g id="mark-inconclusive"><path d="M0-5 5 0 0 5-5 0z" fill="var(--paper)" stroke="currentColor" stroke-width="1.8"/></g>
<g id="mark-errored"><path d="M0-5 5 4h-10z" fill="currentColor"/></g>
</defs></svg>
`);
