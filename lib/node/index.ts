// Files and processes
export { loadJob, saveJob } from './jobFile.js';
export { FileError, type FileErrorCode } from './FileError.js';
