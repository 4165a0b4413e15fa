// SPDX-License-Identifier: Apache-2.0
// Numbers for people. Sizes as util/format_size, which is as CPython's tracemalloc.

const SIZE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

// As C's "%.0f" and "%.1f", which round ties to even; toFixed() does not. A tie in binary with one
// decimal can only end in .25 or .75.
function toFixedEven(value, decimals) {
  const scaled = value * 10 ** decimals;
  const quarters = value * (decimals === 0 ? 2 : 4);
  if (Number.isInteger(quarters) && quarters % 2 !== 0) {
    const below = Math.floor(scaled);
    return ((below % 2 === 0 ? below : below + 1) / 10 ** decimals).toFixed(decimals);
  }
  return value.toFixed(decimals);
}

function formatSize(bytes, signed = false) {
  const sign = bytes < 0 ? "-" : signed ? "+" : "";
  let size = Math.abs(bytes);
  for (let i = 0; ; ++i) {
    const last = i + 1 === SIZE_UNITS.length;
    if (size < 100 && i > 0) {
      return `${sign}${toFixedEven(size, 1)} ${SIZE_UNITS[i]}`;
    }
    if (size < 10 * 1024 || last) {
      return `${sign}${toFixedEven(size, 0)} ${SIZE_UNITS[i]}`;
    }
    size /= 1024;
  }
}

function formatNumber(value, signed = false) {
  const sign = value < 0 ? "-" : signed ? "+" : "";
  const whole = Math.round(Math.abs(value));
  return sign + (whole < 1e21 ? whole.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",") : String(whole));
}

// `error`: what stands behind the number (EstimateErrors).
function formatBlocks(count, signed = false, error = "") {
  return `${formatNumber(count, signed)}${error} ${Math.abs(Math.round(count)) === 1 ? "block" : "blocks"}`;
}

function formatExactBytes(bytes, signed = false) {
  return `${formatNumber(bytes, signed)} ${Math.abs(Math.round(bytes)) === 1 ? "byte" : "bytes"}`;
}

// One metric's value in its unit: "12.0 KiB" or "12 blocks".
function formatMetric(metric, value, signed = false) {
  return metric === "size" ? formatSize(value, signed) : formatBlocks(value, signed);
}

function formatShare(part, whole) {
  const percent = whole > 0 ? (100 * part) / whole : 0;
  if (percent > 0 && percent < 0.05) {
    return "<0.1 %";
  }
  // Not all is never shown as all.
  return `${(percent > 99.95 && part < whole ? 99.9 : percent).toFixed(1)} %`;
}

function formatDuration(seconds) {
  const whole = Math.floor(Math.max(seconds, 0));
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 60) {
    return `${whole} s`;
  }
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
    : `${Math.floor(whole / 3600)} h ${two(Math.floor(whole / 60) % 60)} min`;
}

// Seconds since 1970 -> "2025-03-09 14:05:31 UTC"; empty for what is no time.
function formatTime(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
