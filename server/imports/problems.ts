/** What is said of a file that cannot be used, whatever it should have held. */
export const fileProblems = {
  none: 'Choose a file.',
  broken:
    'The file did not arrive whole, or a quotation mark in it opens and never closes. Nothing was kept of it.',
  empty: 'The file is empty.',
  noRows: 'The file has a first row with names of columns, but nobody below it.',
  notText:
    'This is no CSV file. In the spreadsheet program, save the sheet as CSV (“comma-separated values”) and send that.',
} as const;
