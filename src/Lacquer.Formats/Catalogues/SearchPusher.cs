using System.Buffers;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>Pushes one part of the texts of a sealed catalogue, the same as <see cref="SearchTexts.Of"/> gives, over a connection of its own. One thread at a time.</summary>
internal sealed class SearchPusher : IDisposable
{
    // Recordings pushed before it is said how many.
    private const int Batch = 1024;

    private readonly sqlite3 _database;
    private readonly SearchPart _part;
    private readonly int _number;
    private readonly int _parts;
    private readonly CancellationToken _stop;
    private readonly ArrayBufferWriter<byte> _text = new(1 << 12);

    /// <summary>Opens the catalogue.</summary>
    /// <param name="folder">Its folder, with facts and look-ups that have been found to be of each other.</param>
    /// <param name="part">Where to push.</param>
    /// <param name="number">Which part, from 0.</param>
    /// <param name="parts">Of how many.</param>
    /// <param name="stop">Gives up.</param>
    public SearchPusher(string folder, SearchPart part, int number, int parts, CancellationToken stop)
    {
        (_part, _number, _parts, _stop) = (part, number, parts, stop);
        _database = SealedDatabase.Open(Path.Combine(folder, CatalogueReader.CatalogueFileName));
        try
        {
            using var attach = new Statement(_database, "ATTACH DATABASE ?1 AS lookups").Bind(1, CatalogueReader.SealedUri(Path.Combine(folder, CatalogueReader.LookupsFileName)));
            attach.Run();
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    /// <summary>Credits and artists.</summary>
    public void Names()
    {
        var (after, last) = Range("credit");
        using (var credits = Rows("SELECT c.id, a.name, a.sort_name FROM credit c LEFT JOIN artist a ON a.id = c.artist WHERE c.id > ?1 AND c.id <= ?2 ORDER BY c.id", after, last))
        using (var credited = Rows(
            "SELECT n.credit, coalesce(n.name, a.name), n.join_phrase, a.name, a.sort_name FROM credit_name n CROSS JOIN artist a WHERE a.id = n.artist AND n.credit > ?1 AND n.credit <= ?2 ORDER BY n.credit, n.position", after, last))
        {
            var artists = new ArrayBufferWriter<byte>(1 << 12);
            for (var more = credited.Step(); credits.Step();)
            {
                var credit = credits.Int64(0);
                _text.ResetWrittenCount();
                artists.ResetWrittenCount();
                if (!credits.IsNull(1))
                {
                    _text.Write(credits.Blob(1));
                    if (!credits.IsNull(2))
                        Line(_text, credits.Blob(2));
                }

                for (; more && credited.Int64(0) <= credit; more = credited.Step())
                {
                    if (credited.Int64(0) < credit)
                        continue;
                    _text.Write(credited.Blob(1));
                    _text.Write(credited.Blob(2));
                    Line(artists, credited.Blob(3));
                    if (!credited.IsNull(4))
                        Line(artists, credited.Blob(4));
                }

                _text.Write(artists.WrittenSpan);
                _part.Credit(credit, _text.WrittenSpan);
            }
        }

        _stop.ThrowIfCancellationRequested();
        (after, last) = Range("artist");
        using var names = Rows("SELECT id, name, sort_name FROM artist WHERE id > ?1 AND id <= ?2 ORDER BY id", after, last);
        using var aliases = new AliasRows(Rows("SELECT artist, name FROM artist_alias WHERE artist > ?1 AND artist <= ?2 ORDER BY artist, position", after, last));
        while (names.Step())
        {
            _text.ResetWrittenCount();
            _text.Write(names.Blob(1));
            if (!names.IsNull(2))
                Line(_text, names.Blob(2));
            aliases.AddTo(_text, names.Int64(0));
            _part.Artist(names.Int64(0), _text.WrittenSpan);
        }

        _stop.ThrowIfCancellationRequested();
    }

    /// <summary>Releases, when the credits of all parts are pushed.</summary>
    public void Releases()
    {
        var (after, last) = Range("release");
        using var releases = Rows("SELECT id, title, artist_credit FROM release WHERE id > ?1 AND id <= ?2 ORDER BY id", after, last);
        using var aliases = new AliasRows(Rows("SELECT release, name FROM release_alias WHERE release > ?1 AND release <= ?2 ORDER BY release, position", after, last));
        while (releases.Step())
        {
            _text.ResetWrittenCount();
            _text.Write(releases.Blob(1));
            aliases.AddTo(_text, releases.Int64(0));
            _part.Release(releases.Int64(0), _text.WrittenSpan, releases.IsNull(2) ? null : releases.Int64(2));
        }

        _stop.ThrowIfCancellationRequested();
    }

    /// <summary>Recordings, when the releases of all parts are pushed.</summary>
    /// <param name="more">Is told how many more are pushed, now and then.</param>
    public void Recordings(Action<long> more)
    {
        var (after, last) = Range("recording");
        using var recordings = Rows("SELECT id, title, artist_credit FROM recording WHERE id > ?1 AND id <= ?2 ORDER BY id", after, last);
        using var aliases = new AliasRows(Rows("SELECT recording, name FROM recording_alias WHERE recording > ?1 AND recording <= ?2 ORDER BY recording, position", after, last));
        using var standsOn = new Lookup(_database, LookupTables.RecordingRelease);
        using var pairs = standsOn.All(Math.Max(after, 0)).GetEnumerator();
        var morePairs = pairs.MoveNext();
        Span<uint> ranks = stackalloc uint[SearchTexts.MostReleases];
        for (var pushed = 1L; recordings.Step(); pushed++)
        {
            var rank = recordings.Int64(0);
            var count = 0;
            for (; morePairs && pairs.Current.Key <= rank; morePairs = pairs.MoveNext())
                if (pairs.Current.Key == rank && count < ranks.Length)
                    ranks[count++] = (uint)pairs.Current.Value;
            _text.ResetWrittenCount();
            _text.Write(recordings.Blob(1));
            aliases.AddTo(_text, rank);
            _part.Recording(rank, _text.WrittenSpan, recordings.IsNull(2) ? null : recordings.Int64(2), ranks[..count]);
            if (pushed % Batch == 0)
            {
                _stop.ThrowIfCancellationRequested();
                more(Batch);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    private static void Line(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> name)
    {
        text.Write("\n"u8);
        text.Write(name);
    }

    // This part's share of a table's ids, which are numbered without gaps: after the first, up to the second.
    private (long After, long Last) Range(string table)
    {
        using var greatest = new Statement(_database, $"SELECT max(id) FROM {table}");
        greatest.Step();
        var share = Math.Clamp(greatest.Int64(0), 0, uint.MaxValue) / _parts;
        // Whatever numbers a stranger's catalogue has, each is in one part.
        return (_number == 0 ? long.MinValue : share * _number, _number == _parts - 1 ? long.MaxValue : share * (_number + 1));
    }

    private Statement Rows(string sql, long after, long last) => new Statement(_database, sql).Bind(1, after).Bind(2, last);

    /// <summary>Names in the order of their owners, an owner and a name in a row.</summary>
    private sealed class AliasRows(Statement rows) : IDisposable
    {
        private bool _more = rows.Step();

        /// <summary>Adds a line for each name of an owner; owners come in order.</summary>
        public void AddTo(ArrayBufferWriter<byte> text, long owner)
        {
            for (; _more && rows.Int64(0) <= owner; _more = rows.Step())
                if (rows.Int64(0) == owner)
                    Line(text, rows.Blob(1));
        }

        public void Dispose() => rows.Dispose();
    }
}
