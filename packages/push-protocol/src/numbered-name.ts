/** The name to try when `count - 1` others are taken: `photo.jpg`, `photo (2).jpg`, `photo (3).jpg`. */
export const numberedName = (name: string, count: number): string => {
  if (count <= 1) return name;
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? `${name} (${count})` : `${name.slice(0, dot)} (${count})${name.slice(dot)}`;
};
