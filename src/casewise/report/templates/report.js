"use strict";
// Everything below only takes tables and figures out of the page; it reads the same without it.
document.documentElement.classList.add("js");
const heading = document.querySelector("h1").textContent;
const slug = heading.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40);

function say(button, text) {
  const status = button.parentElement.querySelector("[role=status]");
  status.textContent = text;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Tables. Word keeps only styles that are written on the cells themselves.
function forWord(figure) {
  const table = figure.querySelector("table").cloneNode(true);
  const caption = table.querySelector("caption");
  const title = document.createElement("p");
  title.innerHTML = caption.innerHTML;
  caption.remove();
  table.style.cssText = "border-collapse:collapse;font-family:Arial,sans-serif;font-size:9pt";
  for (const cell of table.querySelectorAll("th,td")) {
    const head = cell.closest("thead");
    const bold = head || cell.tagName === "TH" && cell.closest(".heading,.strong");
    const side = cell.classList.contains("center") ? "center" : cell.classList.contains("right") ? "right" : "left";
    const indent = cell.classList.contains("in2") ? 24 : cell.classList.contains("in1") ? 12 : 4;
    cell.style.cssText = `padding:2pt 4pt 2pt ${indent}pt;text-align:${side};font-weight:${bold ? "bold" : "normal"};vertical-align:top` +
      (head ? ";border-top:1.5pt solid #000;border-bottom:0.75pt solid #000" : "");
  }
  for (const cell of table.querySelectorAll("tbody tr:last-child > *")) cell.style.borderBottom = "1.5pt solid #000";
  const box = document.createElement("div");
  box.append(title, table);
  for (const note of figure.querySelectorAll(".footnotes p")) box.append(note.cloneNode(true));
  return box;
}

function rows(figure) {
  return [...figure.querySelectorAll("tr")].map(row => [...row.cells].map(cell => cell.innerText.trim().replace(/\s+/g, " ")));
}

function copyBySelection(box) {
  box.style.cssText = "position:absolute;left:0;top:" + window.scrollY + "px;opacity:0";
  document.body.append(box);
  const selection = window.getSelection();
  const range = document.createRange();
  range.selectNodeContents(box);
  selection.removeAllRanges();
  selection.addRange(range);
  let done = false;
  try { done = document.execCommand("copy"); } catch (error) { done = false; }
  selection.removeAllRanges();
  box.remove();
  return done;
}

async function copy(figure) {
  const box = forWord(figure);
  const plain = rows(figure).map(cells => cells.join("\t")).join("\n");
  try {
    await navigator.clipboard.write([new ClipboardItem({
      "text/html": new Blob([box.innerHTML], {type: "text/html"}),
      "text/plain": new Blob([plain], {type: "text/plain"}),
    })]);
    return true;
  } catch (error) {
    return copyBySelection(box);
  }
}

// A text that a spreadsheet would run as a formula has an apostrophe before it.
function csv(figure) {
  const field = text => '"' + (/^[=+\-@\t\r]/.test(text) ? "'" + text : text).replace(/"/g, '""') + '"';
  return "\ufeff" + rows(figure).map(cells => cells.map(field).join(",")).join("\r\n") + "\r\n";
}

// Figures.
function svgText(figure) {
  const svg = figure.querySelector("svg").cloneNode(true);
  const [, , width, height] = svg.getAttribute("viewBox").split(" ");
  svg.setAttribute("width", width + "pt");
  svg.setAttribute("height", height + "pt");
  return '<?xml version="1.0" encoding="utf-8"?>\n' + new XMLSerializer().serializeToString(svg);
}

async function png(figure) {
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svgText(figure));
  await image.decode();
  const [, , width, height] = figure.querySelector("svg").getAttribute("viewBox").split(" ").map(Number);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * 300 / 72);
  canvas.height = Math.round(height * 300 / 72);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise(done => canvas.toBlob(done, "image/png"));
}

// PDF: the drawing's own paths, so that it stays sharp at any size. SVG's y runs down, PDF's up.
const short = number => +number.toFixed(3);

function pathOperators(d) {
  const tokens = d.match(/[MLQCZHVz]|-?[\d.]+(?:e-?\d+)?/g) || [];
  const out = [];
  let i = 0, x = 0, y = 0;
  const next = () => +tokens[i++];
  while (i < tokens.length) {
    const command = tokens[i++];
    if (command === "M" || command === "L") {
      x = next(); y = next();
      out.push(`${short(x)} ${short(y)} ${command.toLowerCase()}`);
    } else if (command === "H" || command === "V") {
      if (command === "H") x = next(); else y = next();
      out.push(`${short(x)} ${short(y)} l`);
    } else if (command === "Q") {
      const [a, b, c, e] = [next(), next(), next(), next()];
      out.push([x + 2 / 3 * (a - x), y + 2 / 3 * (b - y), c + 2 / 3 * (a - c), e + 2 / 3 * (b - e), c, e].map(short).join(" ") + " c");
      x = c; y = e;
    } else if (command === "C") {
      const points = [next(), next(), next(), next(), next(), next()];
      out.push(points.map(short).join(" ") + " c");
      [x, y] = points.slice(4);
    } else if (command === "z" || command === "Z") {
      out.push("h");
    }
  }
  return out.join("\n");
}

function paint(path, user, states) {
  const own = path.style, outer = getComputedStyle(user);
  const value = name => own.getPropertyValue(name) || outer.getPropertyValue(name);
  const colour = (name, operator) => {
    const text = value(name);
    if (!text || text === "none") return "";
    const probe = document.createElement("i");
    probe.style.color = text;
    document.body.append(probe);
    const parts = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
    probe.remove();
    return parts.slice(0, 3).map(part => short(part / 255)).join(" ") + " " + operator;
  };
  const fill = colour("fill", "rg"), width = parseFloat(value("stroke-width") || "1");
  const stroke = width > 0 ? colour("stroke", "RG") : "";
  const whole = parseFloat(outer.opacity || "1");
  const alpha = [fill ? parseFloat(value("fill-opacity") || "1") * whole : 1, stroke ? parseFloat(value("stroke-opacity") || "1") * whole : 1].map(short);
  const key = alpha.join(" ");
  if (!states.has(key)) states.set(key, "G" + states.size);
  const dash = value("stroke-dasharray");
  const dashes = dash && dash !== "none" ? dash.match(/[\d.]+/g).join(" ") : "";
  const cap = {butt: 0, round: 1, square: 2}[value("stroke-linecap")] || 0;
  const join = {miter: 0, round: 1, bevel: 2}[value("stroke-linejoin")] || 0;
  const set = `/${states.get(key)} gs ${fill} ${stroke} ${width} w ${cap} J ${join} j [${dashes}] ${parseFloat(value("stroke-dashoffset") || "0")} d`;
  return [set, fill && stroke ? "B" : fill ? "f" : stroke ? "S" : "n"];
}

function transformOf(element) {
  const list = element.transform && element.transform.baseVal.consolidate();
  const m = list ? list.matrix : null;
  let out = m ? [m.a, m.b, m.c, m.d, m.e, m.f].map(part => +part.toFixed(6)).join(" ") + " cm\n" : "";
  if (element.tagName === "use") out += `1 0 0 1 ${element.x.baseVal.value} ${element.y.baseVal.value} cm\n`;
  return out;
}

function clipOf(element, svg) {
  const name = /url\(#(.+?)\)/.exec(element.getAttribute("clip-path") || "");
  const rect = name && svg.querySelector(`[id="${name[1]}"] rect`);
  return rect ? ["x", "y", "width", "height"].map(side => rect.getAttribute(side)).join(" ") + " re W n\n" : "";
}

function content(element, svg, states) {
  if (["defs", "title", "desc", "style", "clipPath"].includes(element.tagName)) return "";
  let inner = "";
  const path = element.tagName === "use" ? svg.querySelector(`[id="${element.getAttribute("xlink:href").slice(1)}"]`) : element;
  if (element.tagName === "use" || element.tagName === "path") {
    const [set, act] = paint(path, element, states);
    inner = (path === element ? "" : transformOf(path)) + set + "\n" + pathOperators(path.getAttribute("d") || "") + "\n" + act + "\n";
  } else {
    for (const child of element.children) inner += content(child, svg, states);
  }
  return inner && "q\n" + clipOf(element, svg) + transformOf(element) + inner + "Q\n";
}

function pdf(figure) {
  const svg = figure.querySelector("svg");
  const [, , width, height] = svg.getAttribute("viewBox").split(" ");
  const states = new Map();
  let stream = `1 0 0 -1 0 ${height} cm\n`;
  for (const child of svg.children) stream += content(child, svg, states);
  const graphics = [...states].map(([alpha, name]) => `/${name} << /ca ${alpha.split(" ")[0]} /CA ${alpha.split(" ")[1]} >>`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Contents 4 0 R /Resources << /ExtGState << ${graphics} >> >> >>`,
    `<< /Length ${stream.length} >>\nstream\n${stream}endstream`,
  ];
  let file = "%PDF-1.4\n";
  const places = objects.map((object, i) => {
    const at = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n` + places.map(at => String(at).padStart(10, "0") + " 00000 n \n").join("");
  file += `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return new Blob([file], {type: "application/pdf"});
}

const makers = {
  svg: figure => new Blob([svgText(figure)], {type: "image/svg+xml"}),
  png: png,
  pdf: pdf,
};

document.addEventListener("click", async event => {
  const button = event.target.closest("button");
  if (!button) return;
  const figure = button.closest("figure");
  const name = `${slug}-${figure.dataset.name}`;
  if ("copy" in button.dataset) {
    say(button, await copy(figure) ? "Copied: paste it into Word." : "The browser refused. Select the table and copy it by hand.");
  } else if ("csv" in button.dataset) {
    save(new Blob([csv(figure)], {type: "text/csv"}), name + ".csv");
    say(button, "Saved.");
  } else if (button.dataset.save) {
    try {
      save(await makers[button.dataset.save](figure), name + "." + button.dataset.save);
      say(button, "Saved.");
    } catch (error) {
      say(button, "This browser cannot make that file.");
    }
  }
});

// On a phone the contents close once a place is chosen.
const menu = document.getElementById("menu");
document.querySelector("nav").addEventListener("click", event => {
  if (event.target.closest("a")) menu.checked = false;
});
