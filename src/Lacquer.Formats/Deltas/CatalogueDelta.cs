using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;
using Lacquer.Formats.Findings;
using Microsoft.Data.Sqlite;
using ZstdSharp;

namespace Lacquer.Formats.Deltas;

/// <summary>
/// What turns the <c>catalogue.sqlite</c> of one edition into that of the next, byte for byte: which things moved, and which rows are not as they were; docs/format/delta.md. In memory: 4 bytes for each
/// thing that has a number in the old catalogue or the new one, and a piece of each stream in hand; to write one, 40 more for each of the largest kind.
/// </summary>
public static class CatalogueDelta
{
    // A cell's pointer, and the least that SQLite gives a cell (file format §1.6).
    private const int LeastRowBytes = 6;

    private static readonly Lazy<EmptyDatabase> Empty = new(() => EmptyDatabase.Of(CatalogueSchema.PageBytes, CatalogueSchema.Tables));

    /// <summary>Says how one catalogue becomes another.</summary>
    /// <param name="from">The file that whoever applies it has.</param>
    /// <param name="to">The file that comes out.</param>
    /// <param name="delta">Where nothing is yet.</param>
    /// <param name="rowsDone">Is told from time to time how many rows there are so far.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="LacquerException">One of the files is no catalogue of this version.</exception>
    public static void Write(string from, string to, string delta, Action<long> rowsDone, CancellationToken stop) =>
        Guarded($"{from} and {to} cannot be compared", "build the catalogue again: lacquer catalogue", () =>
        {
            using var old = new DatabaseReader(from);
            using var actual = new DatabaseReader(to);
            var tables = TableModel.Of(actual);
            if (old.PageBytes != CatalogueSchema.PageBytes || actual.PageBytes != old.PageBytes || !AreSame(old.Tables, actual.Tables))
                throw new InvalidDataException("they are of different formats");
            var (orders, orderStreams) = Orders(tables, old, actual, stop);
            var layout = new DeltaOutput();
            var pages = PageLayout.Write(actual, layout);
            var streams = tables.Select(table => Enumerable.Range(0, table.Streams).Select(_ => new DeltaOutput()).ToArray()).ToArray();
            var counter = new Counter(rowsDone);
            Each(tables.OrderByDescending(table => pages[table.Number]), table => TableDiff.Write(table, old, actual, orders, streams[table.Number], counter.Add, stop));
            var header = new DeltaHeader(DeltaEnd.Of(from), DeltaEnd.Of(to), actual.Header.ToArray());
            using var file = new FileStream(delta, FileMode.CreateNew, FileAccess.Write);
            header.Write(file, [layout, .. orderStreams, .. streams.SelectMany(table => table)]);
        });

    /// <summary>What it is from and to, before anything is believed of it.</summary>
    /// <exception cref="LacquerException">It is no delta.</exception>
    public static (DeltaEnd From, DeltaEnd To) Ends(string delta)
    {
        (DeltaEnd, DeltaEnd) ends = default;
        Guarded($"{delta} is no delta", "fetch the catalogue whole", () =>
        {
            using var file = new DeltaFile(delta);
            ends = (file.Header.From, file.Header.To);
        });
        return ends;
    }

    /// <summary>Makes the new catalogue. What comes out has the length and SHA-256 that the delta names, which is not to say that anybody signed it: hold its <see cref="Ends"/> against what was, before and not after, as room is made for what they say.</summary>
    /// <param name="from">The old one.</param>
    /// <param name="delta">What changed.</param>
    /// <param name="to">Where nothing is yet. What is there when it fails is to be thrown away.</param>
    /// <param name="rowsDone">Is told from time to time how many rows there are so far.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="LacquerException">The delta is damaged, or of another catalogue.</exception>
    public static void Apply(string from, string delta, string to, Action<long> rowsDone, CancellationToken stop) =>
        Guarded($"{delta} cannot be applied to {from}", "fetch the catalogue whole", () =>
        {
            using var file = new DeltaFile(delta);
            if (DeltaEnd.Of(from) != file.Header.From)
                throw new InvalidDataException("it is of another catalogue");
            using var old = new DatabaseReader(from);
            var tables = TableModel.Of(old);
            using var database = new DatabaseWriter(to, Empty.Value);
            if (!AreSame(old.Tables, database.Tables))
                throw new InvalidDataException("the catalogue is of another format");
            var next = 1;
            file.CheckStreams(1 + DeltaModel.Kinds * KindOrder.Streams + tables.Sum(table => table.Streams));
            var orders = new List<KindOrder>();
            // Every thing of whatever kind has a row.
            var (mostOld, mostNew) = (file.Header.From.LengthBytes / LeastRowBytes, file.Header.To.LengthBytes / LeastRowBytes);
            for (var kind = 0; kind < DeltaModel.Kinds; kind++, next += KindOrder.Streams)
            {
                using var streams = file.Streams(next, KindOrder.Streams);
                orders.Add(KindOrder.Read(streams.Inputs, mostOld, mostNew));
                (mostOld, mostNew) = (mostOld - orders[kind].NewOf.Length + 1, mostNew - orders[kind].OldOf.Length + 1);
            }

            using var layout = file.Streams(0, 1);
            var pages = PageLayout.Read(layout.Inputs[0], tables.Count, database.SchemaPages, file.Header.To.LengthBytes / CatalogueSchema.PageBytes);
            var writers = tables.Select((table, i) => database.Into(table.Name, pages[i])).ToArray();
            var counter = new Counter(rowsDone);
            Each(tables.OrderByDescending(table => pages[table.Number].Sum(run => run.Count)), table =>
            {
                using var streams = file.Streams(next + tables.Take(table.Number).Sum(before => before.Streams), table.Streams);
                TablePatch.Write(table, old, orders, streams.Inputs, writers[table.Number], (int)Math.Min(file.Header.To.LengthBytes, TableWriter.MostBytes), counter.Add, stop);
            });
            database.Finish(file.Header.Database);
            if (DeltaEnd.Of(to) != file.Header.To)
                throw new InvalidDataException("what comes out is not what it names");
        });

    /// <summary>The path of an edition's delta in its folder.</summary>
    /// <param name="from">The edition whose catalogue it is from.</param>
    public static string PathFrom(string from) => $"deltas/catalogue-from-{from}.delta";

    private static bool AreSame(IReadOnlyList<(string Name, uint, TableColumns Columns)> ours, IReadOnlyList<(string Name, uint, TableColumns Columns)> theirs) =>
        ours.Count == theirs.Count && ours.Zip(theirs).All(pair => pair.First.Name == pair.Second.Name && pair.First.Columns.IsSame(pair.Second.Columns));

    private static (KindOrder[] Orders, DeltaOutput[] Streams) Orders(List<TableModel> tables, DatabaseReader old, DatabaseReader actual, CancellationToken stop)
    {
        var orders = new KindOrder[DeltaModel.Kinds];
        var to = Enumerable.Range(0, DeltaModel.Kinds * KindOrder.Streams).Select(_ => new DeltaOutput()).ToArray();
        foreach (var kind in Enum.GetValues<DeltaKind>())
        {
            stop.ThrowIfCancellationRequested();
            var (count, oldOf) = KindMatch.Run(kind, tables, old, actual, orders);
            orders[(int)kind] = KindOrder.Write(count, oldOf, to.AsSpan((int)kind * KindOrder.Streams, KindOrder.Streams));
        }

        return (orders, to);
    }

    // On all cores, what takes longest first.
    private static void Each(IEnumerable<TableModel> tables, Action<TableModel> run)
    {
        try
        {
            Parallel.ForEach(Partitioner.Create(tables, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, run);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    // Whatever a stranger's bytes lead to is damage; that a disk is full is not, nor that somebody asked to stop.
    private static void Guarded(string what, string hint, Action run)
    {
        try
        {
            run();
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IndexOutOfRangeException or ArgumentException or OverflowException or ZstdException or EndOfStreamException
            || e is SqliteException { SqliteErrorCode: not (SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_IOERR) })
        {
            throw new LacquerException(Failure.Damaged, $"{what}: {e.Message.ReplaceLineEndings(" ")}", hint, e);
        }
    }

    private sealed class Counter(Action<long> rowsDone)
    {
        private long _rows;

        public void Add(int rows) => rowsDone(Interlocked.Add(ref _rows, rows));
    }
}
