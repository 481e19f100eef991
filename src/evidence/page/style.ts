import { sheetOf } from "../../page/style.ts";

/** Bars, charts and checks: what only the report of a drill has. */
export const SHEET = sheetOf(`
.up{margin:1rem 0 -.75rem;font-size:.875rem;text-align:right}
.seen{margin-top:1.25rem;max-width:50rem}
.seen h2{font-size:1rem;margin:0 0 .3rem}
.seen li{padding-left:1rem;text-indent:-1rem}
.seen li::before{content:"–";display:inline-block;width:1rem;text-indent:0;color:var(--own)}
.meter{display:block;width:100%;height:6px;margin:.45rem 0 .1rem}
.phases td,.phases th{vertical-align:middle}
.phases .name{width:8.5rem}
.phases .n{width:6.5rem}
.phases .bars{padding-right:1.25rem}
.narrow{max-width:46rem}
.bar{display:block;width:100%;height:22px;overflow:visible}
.fill{fill:var(--accent)}
.fill.after{fill:var(--muted)}
.track{fill:var(--rule)}
.own-fill{fill:var(--own)}
.tick{stroke:var(--ink);stroke-width:2}
.limit{stroke:var(--failed);stroke-width:1.5;stroke-dasharray:4 3}
.key{display:inline-block;width:14px;height:14px;vertical-align:-2px;margin-right:.35em}
.trends{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:2.25rem 2.5rem;margin:1.5rem 0 1rem}
figure{margin:0}
figcaption b{display:block;font-weight:600}
figcaption .big{font-size:1.25rem;font-weight:600;margin-right:.5em}
.chart{display:block;width:100%;height:150px;overflow:visible;margin-top:.5rem}
.chart text{font-size:12px;fill:var(--muted)}
.grid{stroke:var(--rule)}
.line{stroke:var(--accent);stroke-width:1.75}
.ring{fill:none;stroke:var(--ink);stroke-width:1.5}
.group{border-bottom:1px solid var(--rule)}
.group>summary{padding:.55rem 0;width:100%;color:var(--ink)}
.group>summary h3{display:inline;margin:0 .5rem 0 0}
.group[open]{padding-bottom:1rem}
h3.broken{margin-top:1.5rem}
.legend+.group{margin-top:1rem;border-top:1px solid var(--rule)}
.legend+details:not(.group){margin-top:.75rem}
.more{margin:.25rem 0 1.5rem 1.2rem}
.card{margin-top:1rem;border-top:1px solid var(--rule)}
.card li{display:grid;grid-template-columns:17rem 1fr;gap:0 1.5rem;padding:.5rem 0;border-bottom:1px solid var(--rule);font-size:.9375rem;break-inside:avoid}
.said{max-width:50rem}
.said li+li{margin-top:.4rem}
.sheet{display:grid;grid-template-columns:16rem 1fr;gap:0 1rem}
.sheet dt,.sheet dd{padding-top:1.4rem;min-height:3rem;border-bottom:1px solid var(--rule)}
.check{border-left:3px solid var(--own);padding:.1rem 0 .1rem 1rem;margin:1rem 0}
.check dl,.facts{display:grid;grid-template-columns:6.5rem 1fr;gap:.15rem .75rem;margin-top:.25rem}
.held li:last-child{border-bottom:0}
.held li{border-bottom:1px solid var(--rule);padding:.5rem 0;display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr) 5.5rem;gap:0 1.25rem;font-size:.9375rem}
.held li>details{grid-column:1/-1;font-size:.875rem}
.facts{grid-template-columns:11rem 1fr;gap:.45rem 1rem}
@media (max-width:40rem){
 .phases{font-size:.875rem}
 .phases .name{width:5rem}
 .phases .n{width:4.4rem;font-size:.8125rem}
 .phases .bars{padding-right:.9rem}
 .held li{grid-template-columns:1fr}
 .held .n{text-align:left}
 .facts{grid-template-columns:1fr;gap:0}
 .facts dd{margin-bottom:.6rem}
 .sheet,.card li{grid-template-columns:1fr}
 .sheet dt{border-bottom:0;min-height:0}
 .narrow .n{white-space:normal}
 .narrow tbody th{min-width:5.5rem}
}
@media print{
 .check{break-inside:avoid}
 .fill,.track{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`);
