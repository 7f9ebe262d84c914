"use strict";
// Nothing is computed or worded here: what is shown stands in the page's own tables.
const all = (what, within = document) => [...within.querySelectorAll(what)];
const made = (name, words) => Object.assign(document.createElement(name), { textContent: words });

// A reader chooses the confidence; the row of the picture's table for it is read out, and marked in the picture.
function mark(area, svg) {
  const box = area.getBBox();
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  line.setAttribute("class", "wanted");
  line.setAttribute("x1", box.x);
  line.setAttribute("x2", box.x + box.width);
  svg.append(line);
  return (of100) => {
    const height = box.y + box.height * (1 - of100 / 100);
    line.setAttribute("y1", height);
    line.setAttribute("y2", height);
  };
}

function ask(box) {
  const table = document.getElementById(box.dataset.ask);
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = new Map([...table.tBodies[0].rows].map((row) => [row.cells[0].textContent, [...row.cells]]));
  const [slider, told] = [box.querySelector("input"), box.querySelector("output")];
  const svg = box.closest("figure").querySelector("svg");
  const area = svg.querySelector('[data-part="plot-area"]');
  const show = area ? mark(area, svg) : () => {};
  const tell = () => {
    const row = rows.get(slider.value);
    const lines = row.slice(1).map((cell, at) => {
      const line = document.createElement("span");
      line.append(made("bdi", heads[at + 1]), " ", made("b", cell.textContent));
      return line;
    });
    const level = made("span", `${heads[0]}: ${slider.value}`);
    told.replaceChildren(level, ...lines.flatMap((line) => [" ", line]));
    slider.setAttribute("aria-valuetext", `${heads[0]}: ${slider.value}`);
    show(Number(slider.value));
  };
  slider.addEventListener("input", tell);
  box.hidden = false;
  tell();
}

function switches(box) {
  const parts = all("[data-option]", box.closest("figure").querySelector("svg"));
  box.addEventListener("change", ({ target }) => {
    for (const part of parts.filter((one) => one.dataset.option === target.value)) {
      part.toggleAttribute("data-off", !target.checked);
    }
  });
  box.hidden = false;
}

// What need not be scrolled need not be stopped at with the keyboard.
function stops() {
  for (const box of all(".scroll")) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else if (box !== document.activeElement) box.removeAttribute("tabindex");
  }
}

all("[data-ask]").forEach(ask);
all("[data-switches]").forEach(switches);
stops();
addEventListener("resize", stops);
addEventListener("toggle", stops, true);
