using System.Data.Common;

namespace Lacquer.Formats.Ledgers;

/// <summary>
/// The database that a ledger's rows lie in. Statements are the same for all: parameters are <c>$1</c>, <c>$2</c>…, and what differs is said here. Safe for use by several threads, which take turns.
/// </summary>
internal interface ILedgerDatabase : IDisposable
{
    /// <summary>What it is called in messages; never with a credential.</summary>
    string Name { get; }

    /// <summary>Ends a SELECT whose rows another transaction may be taking just now: they are passed over. "" where transactions that write come one after another.</summary>
    string SkipLocked { get; }

    /// <summary>Begins the statement that empties a table fast.</summary>
    string Truncate { get; }

    /// <summary>Milliseconds since 1970, by one clock for all who use the database.</summary>
    long Now();

    /// <summary>Whether this process may be at work beside others that <see cref="TryHold"/> let in, or alone; held until it is closed, or <see cref="TryHold"/> is asked again.</summary>
    bool TryHold(bool alone);

    /// <summary>Runs a statement, and gives the number of rows it touched.</summary>
    int Run(string sql, params ReadOnlySpan<object> values);

    /// <summary>The rows of a query.</summary>
    List<T> Read<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<object> values);

    /// <summary>The rows of a query one after another, however many there are; what a row is read from is gone when <paramref name="row"/> returns.</summary>
    void Scan(string sql, Action<ILedgerCells> row, params ReadOnlySpan<object> values);

    /// <summary>A condition that holds for one part of the rows of a table. The parts are about even, and what lies together is in one part where it can be.</summary>
    /// <param name="table">The table.</param>
    /// <param name="key">A column of the table in which each row has a hash.</param>
    /// <param name="part">Which part, from 0.</param>
    /// <param name="parts">Of how many.</param>
    string Part(string table, string key, int part, int parts);

    /// <summary>Puts many rows into a table, each with a value for every column.</summary>
    void Insert(string table, IEnumerable<object[]> rows);

    /// <summary>Whether references are held against what they refer to while rows are put in, until told otherwise. Not within a transaction, and not everywhere: some hold them always.</summary>
    void HoldReferences(bool held);

    /// <summary>Does something that sorts more rows than memory may hold. Not within a transaction.</summary>
    void SortOnDisk(Action work);

    /// <summary>One transaction, on disk when this returns. It may be carried out again from the start where a connection is lost, so <paramref name="work"/> changes nothing but the database; what was committed is not.</summary>
    /// <param name="work">What it does: with few rows, found by their keys.</param>
    /// <param name="mayBeLost">Whether it need not be on disk yet when this returns: a power cut may undo it with those after it, and never one before it. The end of a process does not.</param>
    T Write<T>(Func<T> work, bool mayBeLost = false);

    /// <summary>Between batches of what may be lost: lets others in, and now and then sees to it that it is on disk.</summary>
    void Breathe();
}

/// <summary>The cells of the row that a scan stands on.</summary>
internal interface ILedgerCells
{
    /// <summary>The bytes of a column; none for NULL.</summary>
    ReadOnlySpan<byte> Bytes(int column);

    /// <summary>The whole number in a column.</summary>
    long Integer(int column);

    /// <summary>The text in a column.</summary>
    string Text(int column);
}
