using System.Buffers;
using System.Text;
using Lacquer.Formats.Identity;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// The text by which each entity is found, read from <c>catalogue.sqlite</c> in rank order. A recording: its title, its artist credit, the names of the artists credited, and the titles of its best-known
/// releases; a release: title, credit and artists; an artist: the name and the names under which it is credited. One line each. Every name a source gives, Latin or not, belongs here.
/// </summary>
internal sealed class SearchTexts : IDisposable
{
    /// <summary>A recording is found by the titles of this many of its releases, best-known first.</summary>
    public const int MostReleases = 8;

    /// <summary>An artist is found by this many of the names under which it is credited.</summary>
    public const int MostNames = 32;

    // Credits kept in memory; the best known come first and often.
    private const int MostKept = 1 << 16;

    // Recordings pushed before it is said how many.
    private const int Batch = 1024;

    private readonly Statement _recordings;
    private readonly Statement _releasesOf;
    private readonly Statement _releases;
    private readonly Statement _artists;
    private readonly Statement _names;
    private readonly Statement _credit;
    private readonly Statement _credited;
    private readonly Dictionary<long, string> _credits = [];

    public SearchTexts(sqlite3 database)
    {
        _recordings = new Statement(database, "SELECT id, title, artist_credit FROM recording WHERE id > ?1 AND id <= ?2 ORDER BY id");
        // CROSS JOIN keeps SQLite from turning the join around, which would sort.
        _releasesOf = new Statement(database, "SELECT t.recording, t.release, r.title FROM track t CROSS JOIN release r WHERE r.id = t.release AND t.recording > ?1 AND t.recording <= ?2 ORDER BY t.recording, t.release");
        _releases = new Statement(database, "SELECT id, title, artist_credit FROM release WHERE id > ?1 AND id <= ?2 ORDER BY id");
        _artists = new Statement(database, "SELECT id, name FROM artist WHERE id > ?1 AND id <= ?2 ORDER BY id");
        _names = new Statement(database, $"SELECT name FROM artist_credit_name WHERE artist = ?1 ORDER BY artist_credit LIMIT {MostNames}");
        _credit = new Statement(database, "SELECT name FROM artist_credit WHERE id = ?1");
        _credited = new Statement(database, "SELECT a.name FROM artist_credit_name n JOIN artist a ON a.id = n.artist WHERE n.artist_credit = ?1 ORDER BY n.position");
    }

    /// <summary>Pushes all texts of a catalogue, the same as <see cref="Of"/> gives.</summary>
    public static void Push(sqlite3 database, SearchBuilder builder, Action<long> done, CancellationToken stop)
    {
        var text = new ArrayBufferWriter<byte>(1 << 12);
        using (var credits = new Statement(database, "SELECT id, name FROM artist_credit ORDER BY id"))
        using (var credited = new Statement(database, "SELECT n.artist_credit, a.name FROM artist_credit_name n CROSS JOIN artist a WHERE a.id = n.artist ORDER BY n.artist_credit, n.position"))
        {
            for (var more = credited.Step(); credits.Step();)
            {
                var credit = credits.Int64(0);
                text.ResetWrittenCount();
                text.Write(credits.Blob(1));
                for (; more && credited.Int64(0) <= credit; more = credited.Step())
                {
                    if (credited.Int64(0) < credit)
                        continue;
                    text.Write("\n"u8);
                    text.Write(credited.Blob(1));
                }

                builder.Credit(credit, text.WrittenSpan);
            }
        }

        stop.ThrowIfCancellationRequested();
        using (var texts = new SearchTexts(database))
        {
            foreach (var (rank, names) in texts.Artists(0, long.MaxValue))
            {
                text.ResetWrittenCount();
                Encoding.UTF8.GetBytes(names, text);
                builder.Artist(rank, text.WrittenSpan);
            }
        }

        stop.ThrowIfCancellationRequested();
        using (var releases = new Statement(database, "SELECT id, title, artist_credit FROM release ORDER BY id"))
            while (releases.Step())
                builder.Release(releases.Int64(0), releases.Blob(1), releases.IsNull(2) ? null : releases.Int64(2));

        using var recordings = new Statement(database, "SELECT id, title, artist_credit FROM recording ORDER BY id");
        using var tracks = new Statement(database, "SELECT recording, release FROM track ORDER BY recording, release");
        Span<uint> ranks = stackalloc uint[MostReleases];
        var last = 0L;
        for (var more = tracks.Step(); recordings.Step();)
        {
            var rank = last = recordings.Int64(0);
            var count = 0;
            for (; more && tracks.Int64(0) <= rank; more = tracks.Step())
            {
                var release = (uint)tracks.Int64(1);
                if (tracks.Int64(0) == rank && count < MostReleases && (count == 0 || ranks[count - 1] != release))
                    ranks[count++] = release;
            }

            builder.Recording(rank, recordings.Blob(1), recordings.IsNull(2) ? null : recordings.Int64(2), ranks[..count]);
            if (rank % Batch == 0)
            {
                stop.ThrowIfCancellationRequested();
                done(rank);
            }
        }

        done(last);
    }

    /// <summary>The texts of the entities after one rank up to another. One enumeration at a time.</summary>
    public IEnumerable<(long Rank, string Text)> Of(EntityKind kind, long after, long last) => kind switch
    {
        EntityKind.Recording => Recordings(after, last),
        EntityKind.Release => Releases(after, last),
        _ => Artists(after, last),
    };

    public void Dispose()
    {
        foreach (var statement in new[] { _recordings, _releasesOf, _releases, _artists, _names, _credit, _credited })
            statement.Dispose();
    }

    private IEnumerable<(long Rank, string Text)> Recordings(long after, long last)
    {
        var text = new StringBuilder();
        _recordings.Bind(1, after).Bind(2, last);
        _releasesOf.Bind(1, after).Bind(2, last);
        try
        {
            var more = _releasesOf.Step();
            while (_recordings.Step())
            {
                var rank = _recordings.Int64(0);
                text.Clear().Append(_recordings.Text(1));
                if (!_recordings.IsNull(2))
                    text.Append('\n').Append(Credit(_recordings.Int64(2)));
                var (releases, release) = (0, 0L);
                for (; more && _releasesOf.Int64(0) <= rank; more = _releasesOf.Step())
                {
                    if (_releasesOf.Int64(0) < rank || _releasesOf.Int64(1) == release || releases == MostReleases)
                        continue;
                    release = _releasesOf.Int64(1);
                    releases++;
                    text.Append('\n').Append(_releasesOf.Text(2));
                }

                yield return (rank, text.ToString());
            }
        }
        finally
        {
            _recordings.Reset();
            _releasesOf.Reset();
        }
    }

    private IEnumerable<(long Rank, string Text)> Releases(long after, long last)
    {
        _releases.Bind(1, after).Bind(2, last);
        try
        {
            while (_releases.Step())
                yield return (_releases.Int64(0), _releases.IsNull(2) ? _releases.Text(1) : $"{_releases.Text(1)}\n{Credit(_releases.Int64(2))}");
        }
        finally
        {
            _releases.Reset();
        }
    }

    private IEnumerable<(long Rank, string Text)> Artists(long after, long last)
    {
        var text = new StringBuilder();
        _artists.Bind(1, after).Bind(2, last);
        try
        {
            while (_artists.Step())
            {
                var name = _artists.Text(1);
                text.Clear().Append(name);
                _names.Bind(1, _artists.Int64(0));
                while (_names.Step())
                    if (_names.Text(0) is var other && other != name)
                        text.Append('\n').Append(other);
                _names.Reset();
                yield return (_artists.Int64(0), text.ToString());
            }
        }
        finally
        {
            _artists.Reset();
        }
    }

    private string Credit(long credit)
    {
        if (_credits.TryGetValue(credit, out var kept))
            return kept;
        _credit.Bind(1, credit);
        var name = _credit.Step() ? _credit.Text(0) : "";
        _credit.Reset();
        var text = new StringBuilder(name);
        _credited.Bind(1, credit);
        while (_credited.Step())
            if (_credited.Text(0) is var artist && artist != name)
                text.Append('\n').Append(artist);
        _credited.Reset();
        if (_credits.Count >= MostKept)
            _credits.Clear();
        return _credits[credit] = text.ToString();
    }
}
