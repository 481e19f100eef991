import { sheetOf } from "../../page/style.ts";

/** Lists of databases: what only the index has. */
export const SHEET = sheetOf(`
.worst{margin-top:1rem}
.worst li{padding:.3rem 0}
.worst li,.lines>.failed,.lines>.inconclusive{padding-left:1.45em;text-indent:-1.45em}
.worst .own{white-space:nowrap}
.worst .why{color:var(--muted)}
.first .worst+.small{margin-top:.4rem}
h3 .muted{font-weight:400;margin-left:.25rem}
.key{width:16px;height:16px;vertical-align:-3px;margin-right:.25em}
.rows{border-top:1px solid var(--rule)}
.rows>li{display:grid;grid-template-columns:minmax(0,14rem) minmax(0,1fr) 7.5rem 18.5rem;gap:.15rem 1.25rem;padding:.6rem 0;border-bottom:1px solid var(--rule);font-size:.9375rem}
.rows small{display:block}
.marks{display:flex;justify-content:flex-end;align-items:flex-start}
.marks a{flex:none;width:24px;height:24px;padding:4px;color:var(--own);border-radius:4px}
.marks a:hover{background:var(--band)}
.marks svg{display:block;width:16px;height:16px}
.lines{margin-top:.75rem}
.lines li{padding-top:.35rem;padding-bottom:.35rem;border-bottom:1px solid var(--rule)}
.lines .marks{justify-content:flex-start}
.fold>summary{padding:.4rem 0;margin-top:.75rem}
.fold>summary h3{display:inline;margin:0;color:var(--ink)}
time{white-space:nowrap}
.matrix td,.whole{white-space:nowrap}
.matrix th,.matrix td{padding-right:1.25rem}
.matrix thead th{min-width:8.5rem}
.matrix th:first-child{position:sticky;left:0;min-width:9rem;max-width:16rem;background:var(--paper)}
.matrix thead b{color:var(--ink);font-weight:600}
.matrix td div{white-space:normal}
.matrix .then{display:block;margin-left:1.45em}
@media (max-width:56rem){
 .rows>li{grid-template-columns:minmax(0,1fr) auto}
 .rows>li>div:nth-child(2){grid-column:1/-1;grid-row:2}
 .rows>li>.due{grid-column:2;grid-row:1;text-align:right}
 .rows>li>.marks{grid-column:1/-1;grid-row:3;justify-content:flex-start;margin-left:-4px}
}
@media (max-width:40rem){
 .worst .why{display:none}
 .matrix th:first-child{min-width:7.5rem;max-width:9.5rem}
}
@media print{
 .matrix th:first-child{position:static}
 .rows>li,.lines li{break-inside:avoid}
 .marks a{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`);
