using Lacquer.Formats.Databases;
using Lacquer.Formats.Findings;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Builds <c>lookups.sqlite</c> from pairs that are put into <see cref="Into"/> beside the rows they follow from. The same pairs give the same bytes, in whatever order the look-ups are filled and however much memory there is.
/// </summary>
public sealed class LookupBuilder : IDisposable
{
    // A pair takes 12 bytes, and as much again while it is sorted; one look-up is sorted while another is written.
    private const int BytesAPair = 2 * 2 * 12;
    private const int LeastAtOnce = 1 << 16;

    private readonly List<LookupPairs> _pairs = [];
    private readonly int _most;

    /// <summary>Begins.</summary>
    /// <param name="scratchFolder">Where pairs are gathered, in files <c>pairs-*.bin</c>; they are gone when this is disposed of.</param>
    /// <param name="memoryBytes">How much memory sorting may take, about.</param>
    public LookupBuilder(string scratchFolder, long memoryBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(memoryBytes);
        _most = (int)Math.Clamp(memoryBytes / BytesAPair, LeastAtOnce, Array.MaxLength);
        foreach (var table in LookupTables.All)
            _pairs.Add(new LookupPairs(Path.Combine(scratchFolder, $"pairs-{table}.bin"), table));
    }

    /// <summary>What takes the pairs of a look-up. Each may be filled by a thread of its own.</summary>
    /// <param name="table">One of <see cref="LookupTables.All"/>.</param>
    public LookupPairs Into(string table) => _pairs[LookupTables.All.TakeWhile(name => name != table).Count()];

    /// <summary>Writes the file. Once, at the end.</summary>
    /// <param name="path">The file, which must not be there yet. It is whole when this returns, and otherwise to be thrown away. The caller flushes it.</param>
    /// <param name="catalogue">The catalogue's file that the pairs follow from.</param>
    /// <param name="inputs">What that says under <c>inputs</c>.</param>
    /// <param name="begun">Is told how many look-ups are done before each.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="LacquerException">Two entities have one id.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path, string catalogue, string inputs, Action<int> begun, CancellationToken stop)
    {
        var alike = new AlikeIds();
        using (var database = new DatabaseWriter(path, CatalogueSchema.PageBytes, LookupTables.Schema))
        {
            var meta = database.Into("meta");
            meta.With("format").With(LookupTables.Format).Row();
            meta.With("inputs").With(inputs).Row();
            // One is sorted while the one before is written.
            var next = Task.Run(() => _pairs[0].Sorted(_most), CancellationToken.None);
            try
            {
                for (var i = 0; i < _pairs.Count; i++)
                {
                    begun(i);
                    stop.ThrowIfCancellationRequested();
                    // Nobody tells the collector of our limit: what the next is sorted in would come on top of what the last was.
                    GC.Collect();
                    var (table, sorted, following) = (LookupTables.All[i], next.GetAwaiter().GetResult(), i + 1);
                    if (following < _pairs.Count)
                        next = Task.Run(() => _pairs[following].Sorted(_most), CancellationToken.None);
                    var rows = database.Into(table);
                    var writer = new LookupWriter((id, entries) => rows.With(id).WithBytes(entries).Row());
                    var entity = LookupTables.EntityOfIds(table);
                    foreach (var (key, value) in sorted)
                    {
                        writer.Add(key, value);
                        if (entity is not null)
                            alike.Add(entity, key, value);
                    }

                    writer.Finish();
                }
            }
            finally
            {
                // Stopped or failed: nobody touches the folder when this returns.
                Task.WaitAny([next], CancellationToken.None);
            }

            database.Finish();
        }

        alike.Check(catalogue);
    }

    /// <summary>Removes what was gathered.</summary>
    public void Dispose()
    {
        foreach (var pairs in _pairs)
            pairs.Dispose();
    }

    /// <summary>Entities whose ids begin alike. Whole ids are 80 bits of a digest, so no two should be the same; but links to them are for good.</summary>
    private sealed class AlikeIds
    {
        // Of four bytes of a digest, a handful among hundreds of millions.
        private const int MostOfKey = 100;

        private const string Hint = "rebuild it with lacquer catalogue; of an edition, ask its publisher";

        private readonly List<(string Entity, long One, long Other)> _alike = [];
        private readonly List<long> _ofKey = [];
        private long _key = -1;
        private string? _entity;

        /// <summary>Notes an entity; those of one table come by key.</summary>
        public void Add(string entity, long key, long rank)
        {
            if (key != _key || entity != _entity)
                _ofKey.Clear();
            (_entity, _key) = (entity, key);
            if (_ofKey.Count == MostOfKey)
                throw new LacquerException(Failure.Damaged, $"the ids of more than {MostOfKey} rows of the table {entity} begin alike: they are no digests", Hint);
            foreach (var other in _ofKey)
                _alike.Add((entity, other, rank));
            _ofKey.Add(rank);
        }

        /// <summary>Compares the whole ids.</summary>
        public void Check(string catalogue)
        {
            if (_alike.Count == 0)
                return;
            using var database = SealedDatabase.Open(catalogue);
            foreach (var pairs in _alike.GroupBy(pair => pair.Entity))
            {
                using var same = new Statement(database, $"SELECT 1 FROM {pairs.Key} a, {pairs.Key} b WHERE a.id = ?1 AND b.id = ?2 AND a.eid = b.eid");
                foreach (var pair in pairs)
                {
                    if (same.Bind(1, pair.One).Bind(2, pair.Other).Step())
                        throw new LacquerException(Failure.Damaged, FormattableString.Invariant($"{pairs.Key} {pair.One} and {pair.Other} of {catalogue} have one id"), Hint);
                    same.Reset();
                }
            }
        }
    }
}
