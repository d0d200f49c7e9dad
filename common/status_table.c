/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE table of status codes: number, exit code, name, title, explanation. `stoa help E104`
 * prints a row; the command maps every failure to its exit code through it. Ascending, so that
 * look-up is a binary search; a test compares it with the enum in include/stoa/status.h.
 *
 * The explanations are for somebody woken at night, in this order: what happened, whether the
 * data is safe, what to do.
 */
#include "stoa/status.h"

/* Exit codes (DESIGN section 6); only those a status leads to. */
enum {
    EXIT_OK = 0,
    EXIT_INTERNAL = 1,
    EXIT_USAGE = 2,
    EXIT_BAD_DATA = 3,
    EXIT_DRIFT = 4,
    EXIT_CONFLICT = 7,
    EXIT_IO = 8,
    EXIT_CORRUPT = 9,
    EXIT_RESOURCE = 10,
    EXIT_UNKNOWN_OUTCOME = 12,
    EXIT_INTERRUPTED = 130
};

#define SAFE "Nothing was committed; the dataset is as it was before the run. "

/* Prose in columns would be hard to read and to change. */
/* clang-format off */
static const stoa_status_info rows[] = {
    {STOA_OK, EXIT_OK, "ok", "success",
     "The command did what was asked."},
    {STOA_E_TOO_FEW_FIELDS, EXIT_BAD_DATA, "too-few-fields", "a row has fewer fields than the header",
     "A line of the source ends before every column has a value: often the file was cut "
     "while it was copied, or a value holds a line break without quotes. "
     SAFE
     "Look at the named line. Fetch the file again if it was cut, or fix the line in the "
     "source."},
    {STOA_E_TOO_MANY_FIELDS, EXIT_BAD_DATA, "too-many-fields", "a row has more fields than the header",
     "A line of the source has more values than there are columns: nearly always a value "
     "that holds the delimiter without quotes, or a wrong --delimiter. "
     SAFE
     "Look at the named line. Fix the source, or name the delimiter if it was guessed "
     "wrongly."},
    {STOA_E_UNCLOSED_QUOTE, EXIT_BAD_DATA, "unclosed-quote", "a quote was opened and never closed",
     "The line named is where the quote opens; everything behind it would have been one "
     "value. The cause is a stray quote in the text, or a file that was cut. "
     SAFE
     "Fix that line. If quotes mean nothing in this file, run with --no-quote."},
    {STOA_E_CAST, EXIT_BAD_DATA, "cast", "a value does not have the type of its column",
     "The column has a declared type, or one fixed by earlier versions, and this value "
     "cannot be read as that type without losing something. "
     SAFE
     "If the value means NULL, say so with --null; if the type is wrong, give another with "
     "--types; if the row is bad, fix the source."},
    {STOA_E_ENCODING, EXIT_BAD_DATA, "encoding", "the text is not valid in its encoding",
     "The bytes at the place named are not valid UTF-8, or not valid in the encoding that "
     "was asked for. "
     SAFE
     "Find out how the file was written and name it, for example --encoding windows-1252; "
     "the hint proposes one where the bytes allow a guess."},
    {STOA_E_TOO_LONG, EXIT_BAD_DATA, "too-long", "a value or a record is too long",
     "One value is above 16 MiB, or one record above its limit: usually a quote that was "
     "not closed has swallowed the rest of the file. "
     SAFE
     "Look at the line named. If the value is real, it has to be stored elsewhere and "
     "referred to."},
    {STOA_E_QUOTE_GARBAGE, EXIT_BAD_DATA, "quote-garbage", "there is text between a closing quote and the delimiter",
     "A quoted value is followed by something else than a delimiter or a line end. Most "
     "often a quote inside the value was not doubled. "
     SAFE
     "Fix the line, or run with --no-quote if quotes mean nothing in this file."},
    {STOA_E_EMPTY_SOURCE, EXIT_BAD_DATA, "empty-source", "the source holds no data",
     "The file or the pipe is empty: there is not even a header. The job before this one "
     "may have failed. "
     SAFE
     "Check the producer; a file with a header and no rows is accepted."},
    {STOA_E_NUL_BYTE, EXIT_BAD_DATA, "nul-byte", "a NUL byte in the text",
     "The source holds a zero byte: it is UTF-16, it is binary, or its blocks were lost on "
     "the way (a crash leaves zeros in a file). "
     SAFE
     "Check the file with `file` or a hex dump; name its encoding, or fetch it again."},
    {STOA_E_SOURCE_FORMAT, EXIT_BAD_DATA, "source-format", "the source is not in a format that can be read",
     "The content is no CSV text: it is compressed, an archive, or another format. "
     SAFE
     "Unpack or export it, for example through a pipe: zcat FILE | stoa convert - -o "
     "DATASET."},
    {STOA_E_USAGE, EXIT_USAGE, "usage", "the command line is not right",
     "A flag, a value or an argument is unknown, missing or contradicts another. Nothing "
     "was read and nothing was written. See `stoa help` for the command."},
    {STOA_E_COLUMN, EXIT_USAGE, "column", "there is no column of that name",
     "The statement or the flag names a column that the table does not have. Only reading "
     "took place; the data is untouched. Check the spelling against `stoa info`; the hint "
     "shows the nearest names."},
    {STOA_E_SYNTAX, EXIT_USAGE, "syntax", "the SQL cannot be parsed",
     "The statement is not SQL as PostgreSQL 15 reads it, nor one of the documented "
     "extensions. The caret stands under the first word that does not fit. The data is "
     "untouched."},
    {STOA_E_FUNCTION, EXIT_USAGE, "function", "there is no such function",
     "No function has this name with these argument types. The data is untouched. See the "
     "list of functions in the documentation; an argument may need a CAST."},
    {STOA_E_TYPE, EXIT_USAGE, "type", "the types do not fit together",
     "An operator or a function meets types it does not work on; text is never converted "
     "implicitly, because that is where wrong answers come from. The data is untouched. "
     "Write the CAST that is meant."},
    {STOA_E_UNSUPPORTED_SQL, EXIT_USAGE, "unsupported-sql", "this SQL is not supported",
     "The statement is valid SQL, and this version cannot run it. It was refused rather "
     "than answered wrongly; the data is untouched. The message names the construct; write "
     "the statement without it."},
    {STOA_E_AMBIGUOUS, EXIT_USAGE, "ambiguous", "the name fits more than one column",
     "A name without its table, or in another case than stored, fits several columns. The "
     "data is untouched. Write the table in front, or the exact spelling in double quotes."},
    {STOA_E_TABLE, EXIT_USAGE, "table", "there is no such table",
     "The FROM clause names neither a dataset, nor a .stoa file, nor a name given with the "
     "statement. The data is untouched. Check the path and the working directory."},
    {STOA_E_GROUPING, EXIT_USAGE, "grouping", "a column is neither grouped nor aggregated",
     "With GROUP BY, every column of the result must be a group key or stand inside an "
     "aggregate. The data is untouched. Add the column to GROUP BY, or wrap it, for "
     "example in max()."},
    {STOA_E_DIVISION_BY_ZERO, EXIT_USAGE, "division-by-zero", "division by zero",
     "An expression divided by zero for at least one row. Results already printed are not "
     "complete; the stored data is untouched. Guard the divisor with nullif(x, 0), or "
     "filter those rows."},
    {STOA_E_OVERFLOW, EXIT_USAGE, "overflow", "a result does not fit its type",
     "A sum, a product or a conversion left the range of its type, and Stoa never wraps. "
     "Results already printed are not complete; the stored data is untouched. CAST an "
     "operand to decimal or to float64."},
    {STOA_E_BAD_VALUE, EXIT_USAGE, "bad-value", "a value is not allowed here",
     "A literal, an option or a path was understood but is out of its range or form: a "
     "date that does not exist, a negative LIMIT, a path that leaves its directory. The "
     "data is untouched. Correct the value."},
    {STOA_E_IO, EXIT_IO, "io", "the operating system refused a read or a write",
     "A system call on the file named failed; the message ends with the reason the system "
     "gave. A commit that had not been reported is not there, and all earlier versions "
     "are. Check permissions, the disk and the kernel log; then run the same command "
     "again."},
    {STOA_E_NOT_FOUND, EXIT_IO, "not-found", "there is no file of that name",
     "The path does not exist, or a folder on the way to it does not. If it lies inside a "
     "dataset, a file was removed from outside: `stoa verify` says which rows are "
     "concerned. Check the path; a relative one starts at the working directory."},
    {STOA_E_EXISTS, EXIT_IO, "exists", "something of that name is there already",
     "Stoa never overwrites what it did not write. What was there is untouched. Choose "
     "another name, or remove the old one yourself."},
    {STOA_E_NO_SPACE, EXIT_IO, "no-space", "the disk or the quota is full",
     "A write found no room. Nothing was committed; unfinished files are removed, or left "
     "as unreferenced ones that `stoa gc` collects. Make room and run the same command "
     "again."},
    {STOA_E_UNKNOWN_OUTCOME, EXIT_UNKNOWN_OUTCOME, "unknown-outcome", "the commit may or may not have happened",
     "The last step of a commit was under way when the system reported an error, so the "
     "new version may be there. It is whole or absent, never partial. Look with `stoa log` "
     "before you run the command again: a second run would append the rows a second time."},
    {STOA_E_SOURCE_CHANGED, EXIT_IO, "source-changed", "the source changed while it was being read",
     "A file had another size, time or content in the second pass than in the first: "
     "somebody is still writing it. "
     SAFE
     "Wait until the producer is done (best: it writes to another name and renames), then "
     "run the same command again."},
    {STOA_E_CORRUPT, EXIT_CORRUPT, "corrupt", "the file is damaged",
     "A checksum or a structure is wrong at the place named: bytes were changed or lost "
     "after they were written. Nothing was returned from the damaged part, and other "
     "blocks and files are not concerned. Run `stoa verify` for the extent, restore the "
     "named file from a copy, or load its batch again; a bad disk or memory is a likely "
     "cause."},
    {STOA_E_NOT_STOA, EXIT_CORRUPT, "not-stoa", "this is not a Stoa file",
     "The file does not begin and end as a Stoa file does. Either the path is wrong, or "
     "the file was cut or overwritten. Nothing was changed. A CSV file is first converted "
     "with `stoa convert`."},
    {STOA_E_NEWER, EXIT_CORRUPT, "newer", "the file needs a newer version of Stoa",
     "The file uses a format version or a feature that this program does not know; the "
     "message names it. The file is whole and nothing was changed. Use a program at least "
     "as new as the writer's."},
    {STOA_E_CODEC, EXIT_CORRUPT, "codec", "a block cannot be decompressed or decoded",
     "The checksum is right, but the content does not decode, or this build lacks the "
     "codec or encoding named. Only that column's block is concerned. Try another build; "
     "if `stoa verify` fails too, load the batch again and report the file."},
    {STOA_E_DRIFT, EXIT_DRIFT, "drift", "the schema changed in a way the policy refuses",
     "The new data adds, drops or retypes a column. The message shows column, old and new "
     "type, the first line and value that caused it, and the last batch without it. "
     SAFE
     "If the change is wanted, convert into a new dataset; if not, return the file to its "
     "producer. Exact widening, as from int to decimal columns, needs nothing."},
    {STOA_E_NOT_DATASET, EXIT_USAGE, "not-dataset", "this is not a dataset",
     "The folder has no _stoa/format in it, so it is no Stoa dataset, or not its root. "
     "Nothing was changed. Check the path; `stoa convert` makes a new dataset in an absent "
     "or empty folder."},
    {STOA_E_VERSION, EXIT_USAGE, "version", "there is no such version",
     "The dataset has no version of that number, or it has expired and its files may be "
     "gone. Nothing was changed. `stoa log` lists the versions that can be read."},
    {STOA_E_PARTITION, EXIT_BAD_DATA, "partition", "a row cannot be put into a partition",
     "A partition column has a value that gives no partition: it is too long for a file "
     "name, or the number of partitions passes the limit. "
     SAFE
     "Look at the value named. Partition by a column with fewer values, or by none."},
    {STOA_E_NO_MEMORY, EXIT_RESOURCE, "no-memory", "the system has no memory left",
     "An allocation failed. Nothing was committed and nothing is damaged. Check the memory "
     "limit of the process or container and what else runs there; then run the same "
     "command again, perhaps with fewer --threads."},
    {STOA_E_MEMORY_LIMIT, EXIT_RESOURCE, "memory-limit", "the --memory budget is too small",
     "The work does not fit the memory that was allowed, and this part of it cannot be "
     "spilled to disk. Nothing was committed and nothing is damaged. Raise --memory, use "
     "fewer --threads, or narrow the statement."},
    {STOA_E_LIMIT, EXIT_RESOURCE, "limit", "a limit of Stoa or of the process was reached",
     "A number passed a limit that keeps bad or hostile input from taking the machine: "
     "columns, nesting, files, threads, sizes. The message says which, with both numbers. "
     "Nothing was committed and nothing is damaged. Split the input, or raise the limit "
     "where a flag or the system allows it."},
    {STOA_E_BATCH_CONFLICT, EXIT_CONFLICT, "batch-conflict", "this batch id was committed with other sources",
     "The dataset already has a batch of this id, and its sources differ from those given "
     "now: the id was used twice, or a source was corrected. "
     SAFE
     "Choose another id if this is new data; --replace-batch puts the new rows in the place of the "
     "batch's, in one commit, if they are what it should have been."},
    {STOA_E_COMMIT_CONFLICT, EXIT_CONFLICT, "commit-conflict", "another writer's commit contradicts this one",
     "While this run worked, another one committed a change that this one cannot be placed "
     "behind: it removed or replaced the same files, or changed the schema, or many "
     "writers kept winning. This run committed nothing; the other's commit is whole. Run "
     "the same command again: it starts from the new version."},
    {STOA_E_INTERRUPTED, EXIT_INTERRUPTED, "interrupted", "stopped by a signal or by a time limit",
     "The run was asked to stop, by Ctrl-C or by a signal. "
     SAFE
     "Run the same command again when it suits."},
    {STOA_E_INTERNAL, EXIT_INTERNAL, "internal", "a bug in Stoa",
     "Something that can never be true was true, so the work was stopped. Nothing was "
     "committed after that point, and earlier versions are whole. Running it again will "
     "probably fail the same way: please report it with the message and, if you may, the "
     "input."},
    {STOA_E_LEDGER, EXIT_INTERNAL, "ledger", "the row counts do not balance",
     "Rows read are not rows written plus rejected plus deduplicated, so the batch was not "
     "committed: better no batch than one that lost rows. The dataset is as it was. This "
     "is a bug: please report it with the message and, if you may, the input."},
};
/* clang-format on */

#define ROW_COUNT (sizeof rows / sizeof rows[0])

const stoa_status_info *stoa_status_at(size_t i)
{
    return i < ROW_COUNT ? &rows[i] : NULL;
}

const stoa_status_info *stoa_status_find(int status)
{
    size_t low = 0;
    size_t high = ROW_COUNT;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if ((int)rows[middle].status < status)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ROW_COUNT && (int)rows[low].status == status ? &rows[low] : NULL;
}
