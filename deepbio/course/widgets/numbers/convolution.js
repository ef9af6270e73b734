// Convolution as networks compute it (a cross-correlation: the filter is not turned), ReLU and pooling. Pictures are flat arrays.

// Slide a filter of `size` by `size` weights in steps of `stride`: where all of it is on the picture, or (`border`) with zeros around
// the picture, so that at stride 1 the output is as large.
function convolve(picture, width, kernel, size, stride, border) {
  const height = picture.length / width, first = border ? 0 : (size - 1) / 2;
  const columns = Math.ceil((width - 2 * first) / stride), rows = Math.ceil((height - 2 * first) / stride), out = new Array(rows * columns);
  for (let r = 0; r < rows; r += 1) for (let c = 0; c < columns; c += 1) {
    const met = products(picture, width, kernel, size, first + r * stride, first + c * stride);
    out[r * columns + c] = met.reduce((sum, one) => sum + one.pixel * one.weight, 0);
  }
  return { values: out, width: columns };
}

// Pixels and weights that meet when the middle of the filter is at (row, column); outside of the picture pixels are 0.
function products(picture, width, kernel, size, row, column) {
  const height = picture.length / width, edge = (size - 1) / 2, found = [];
  for (let i = 0; i < size; i += 1) for (let j = 0; j < size; j += 1) {
    const r = row + i - edge, c = column + j - edge, inside = r >= 0 && r < height && c >= 0 && c < width;
    found.push({ pixel: inside ? picture[r * width + c] : 0, weight: kernel[i * size + j] });
  }
  return found;
}

function relu(values) { return values.map(v => Math.max(0, v)); }

// Largest or mean value of each 2 by 2 pixels; a last odd row or column is left out.
function pool(values, width, kind) {
  const height = values.length / width, columns = Math.floor(width / 2), rows = Math.floor(height / 2), out = [];
  for (let r = 0; r < rows; r += 1) for (let c = 0; c < columns; c += 1) {
    const i = 2 * r * width + 2 * c, four = [values[i], values[i + 1], values[i + width], values[i + width + 1]];
    out.push(kind === "max" ? Math.max(...four) : (four[0] + four[1] + four[2] + four[3]) / 4);
  }
  return { values: out, width: columns };
}
