const widget = (() => {
  const PRESETS = {
    "vertical edges (Sobel)": [-1, 0, 1, -2, 0, 2, -1, 0, 1], "horizontal edges (Sobel)": [-1, -2, -1, 0, 0, 0, 1, 2, 1],
    "all edges (Laplace)": [0, 1, 0, 1, -4, 1, 0, 1, 0], "blur (mean)": Array(9).fill(0.111), "sharpen": [0, -1, 0, -1, 5, -1, 0, -1, 0],
    "relief": [-2, -1, 0, -1, 1, 1, 0, 1, 2], "identity": [0, 0, 0, 0, 1, 0, 0, 0, 0],
    "blur (Gauss), 5 × 5": [1, 4, 6, 4, 1, 4, 16, 24, 16, 4, 6, 24, 36, 24, 6, 4, 16, 24, 16, 4, 1, 4, 6, 4, 1].map(v => Math.round(v / 256 * 1e4) / 1e4),
    "spots (Mexican hat), 5 × 5": [0, 0, -1, 0, 0, 0, -1, -2, -1, 0, -1, -2, 16, -2, -1, 0, -1, -2, -1, 0, 0, 0, -1, 0, 0],
  };
  const width = data.width;
  let picture = bytes(data.pictures.dog), size = 3, kernel = [...PRESETS["vertical edges (Sobel)"]], row = 26, column = 40, out, columns;
  const input = stage.canvas("input", 1, drawInput), output = stage.canvas("output", 1, drawOutput);
  const select = stage.get("preset");
  select.replaceChildren(...[...Object.keys(PRESETS), "own"].map(name => new Option(name, name)));
  select.addEventListener("change", () => { if (PRESETS[select.value]) { kernel = [...PRESETS[select.value]]; resize(Math.sqrt(kernel.length)); } });
  stage.choice("picture", name => { picture = bytes(data.pictures[name]); show(); });
  const sizeOf = stage.choice("size", value => {
    const old = kernel, from = size, to = Number(value), edge = (from - to) / 2;
    kernel = Array.from({ length: to * to }, (_, i) => {
      const r = Math.floor(i / to) + edge, c = i % to + edge;
      return r >= 0 && r < from && c >= 0 && c < from ? old[r * from + c] : 0;
    });
    select.value = "own";
    resize(to);
  });
  const border = stage.choice("border", show), stride = stage.choice("stride", show), pooling = stage.choice("pooling", show), rectified = stage.check("relu", show);
  stage.get("file").addEventListener("change", async event => {
    const file = event.target.files[0];
    if (!file) return;
    try {
      const image = await createImageBitmap(file), canvas = new OffscreenCanvas(width, width), context = canvas.getContext("2d", { willReadFrequently: true });
      const side = Math.min(image.width, image.height);
      context.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, width, width);
      const rgba = context.getImageData(0, 0, width, width).data;
      picture = Array.from({ length: width * width }, (_, i) => (0.299 * rgba[4 * i] + 0.587 * rgba[4 * i + 1] + 0.114 * rgba[4 * i + 2]) / 255);
      show();
    } catch {
      stage.verdict("The browser cannot read this file as a picture. Choose a PNG or JPEG.", "bad");
    }
  });
  const point = (px, py) => { [column, row] = [px, py].map(v => Math.max(0, Math.min(width - 1, Math.floor(v / input.width * width)))); show(); };
  stage.pointer(input, point, point);
  input.element.addEventListener("pointermove", event => { if (event.pointerType === "mouse") point(event.offsetX, event.offsetY); });
  const move = (dr, dc) => large => {
    row = Math.max(0, Math.min(width - 1, row + dr * (large ? 8 : 1)));
    column = Math.max(0, Math.min(width - 1, column + dc * (large ? 8 : 1)));
    show();
  };
  stage.keys(input, { ArrowLeft: move(0, -1), ArrowRight: move(0, 1), ArrowUp: move(-1, 0), ArrowDown: move(1, 0) });

  function bytes(text) { return Array.from(atob(text), c => c.charCodeAt(0) / 255); }
  function resize(to) {
    size = to;
    sizeOf(String(to));
    const box = stage.get("kernel");
    box.classList.toggle("five", to === 5);
    box.style.gridTemplateColumns = `repeat(${to}, minmax(0, 1fr))`;
    box.replaceChildren(...kernel.map((v, i) => {
      const field = document.createElement("input");
      Object.assign(field, { type: "number", step: "any", value: v });
      field.setAttribute("aria-label", `row ${Math.floor(i / to) + 1}, column ${i % to + 1}`);
      field.addEventListener("input", () => {
        kernel[i] = Number.isFinite(field.valueAsNumber) ? field.valueAsNumber : 0;
        select.value = "own";
        show();
      });
      return field;
    }));
    show();
  }

  function show() {
    if (!stride || !rectified) return;
    const step = Number(stride());
    ({ values: out, width: columns } = convolve(picture, width, kernel, size, step, border() === "zeros"));
    if (rectified()) out = relu(out);
    if (pooling() !== "none") ({ values: out, width: columns } = pool(out, columns, pooling()));
    const met = products(picture, width, kernel, size, row, column).filter(one => one.weight);
    const sum = met.reduce((total, one) => total + one.pixel * one.weight, 0);
    const terms = met.slice(0, 9).map(one => `${stage.short(one.weight)}·${one.pixel.toFixed(2)}`).join(" + ");
    stage.show("sum", `Row ${row + 1}, column ${column + 1}: ${terms || "0"}${met.length > 9 ? " + …" : ""} = ${stage.number(sum, 3)}`);
    const low = Math.min(...out), high = Math.max(...out), total = kernel.reduce((a, b) => a + b, 0);
    stage.show("output-title", `Output, ${columns} × ${out.length / columns}`);
    stage.verdict(`From ${stage.number(low, 2)} to ${stage.number(high, 2)}. The weights add up to ${stage.short(total)}.`);
    input.redraw();
    output.redraw();
  }
  function drawInput(context, w) {
    stage.pixels(context, picture, width, 0, 0, w);
    const cell = w / width, edge = (size - 1) / 2;
    for (const [tint, thick] of [["#000", 5], ["#fff", 3], [stage.colours.second, 2]]) {
      context.strokeStyle = tint;
      context.lineWidth = thick;
      context.strokeRect((column - edge) * cell, (row - edge) * cell, size * cell, size * cell);
    }
  }
  function drawOutput(context, w) {
    if (!out) return;
    const low = Math.min(...out), high = Math.max(...out), signed = low < -1e-9, scale = Math.max(Math.abs(low), Math.abs(high), 1e-9);
    stage.pixels(context, out.map(v => v / (signed ? scale : Math.max(scale, 1))), columns, 0, 0, w, signed);
    // the pixel of the output that the filter computes at the frame
    const first = border() === "zeros" ? 0 : (size - 1) / 2, each = Number(stride()) * (pooling() === "none" ? 1 : 2), cell = w / columns;
    const [r, c] = [row, column].map(v => Math.max(0, Math.min(columns - 1, Math.floor((v - first) / each))));
    for (const [tint, thick] of [["#000", 4], ["#fff", 2]]) {
      context.strokeStyle = tint;
      context.lineWidth = thick;
      context.strokeRect(c * cell - 1, r * cell - 1, cell + 2, cell + 2);
    }
  }

  resize(3);
  return { get picture() { return picture; }, get kernel() { return kernel; }, get output() { return { values: out, width: columns }; } };
})();
