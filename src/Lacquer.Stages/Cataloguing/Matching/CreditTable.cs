using System.IO.Hashing;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>Who is credited, by number, and what is needed of artists to see that two are one.</summary>
internal sealed class CreditTable
{
    private readonly Columns _columns;
    private readonly Column<int> _starts;
    private readonly ColumnList<uint> _artists;
    private readonly Column<ulong> _texts;
    private readonly Column<bool> _joined;

    public CreditTable(StagedFiles files, ParsedRecords parsed, Columns columns)
    {
        _columns = columns;
        _starts = columns.New<int>(parsed.Credits + 1);
        _texts = columns.New<ulong>(parsed.Credits);
        _artists = _columns.List<uint>();
        _joined = columns.New<bool>(parsed.Artists);
        var number = 0;
        foreach (var payload in StagedPayloads.All(files.Credits))
        {
            // All but the artists' numbers.
            var rest = new XxHash3();
            for (var from = new CreditPayload(payload.Span); from.Next();)
            {
                Append(rest, from.Name);
                Append(rest, from.JoinPhrase);
                Append(rest, from.Role);
                _artists.Add(from.Artist);
            }

            _texts[number] = rest.GetCurrentHashAsUInt64();
            _starts[++number] = _artists.Count;
        }

        NameHashes = columns.New<ulong>(parsed.Artists);
        IsMbid = columns.New<bool>(parsed.Artists);
        var match = new MatchText();
        using var first = columns.Read<long>(files.ArtistPlaces);
        var at = 0;
        foreach (var payload in StagedPayloads.All(files.Artists))
        {
            if (at < first.Length && payload.Offset == first[at])
            {
                var from = new PayloadReader(payload.Span);
                var artist = ArtistPayload.Read(ref from);
                NameHashes[at] = match.Hash(artist.Name);
                IsMbid[at++] = !artist.Mbid.IsEmpty;
            }
        }
    }

    public int Count => (int)_texts.Length;

    /// <summary>For each artist, its first name made comparable.</summary>
    public Column<ulong> NameHashes { get; }

    /// <summary>For each artist, whether it is known by a MusicBrainz identifier.</summary>
    public Column<bool> IsMbid { get; }

    public ReadOnlySpan<uint> ArtistsOf(uint credit) => _artists.Span(_starts[credit], _starts[credit + 1] - _starts[credit]);

    /// <summary>Which credit stands for each, where artists turned out to be one.</summary>
    public Column<uint> Merge(Clusters artists)
    {
        var stands = _columns.New<uint>(Count);
        using var known = _columns.Index<UInt128>();
        using var firsts = _columns.List<uint>();
        for (var credit = 0U; credit < Count; credit++)
        {
            stands[credit] = credit;
            var isPlain = true;
            foreach (var artist in ArtistsOf(credit))
                isPlain &= !IsInCluster(artist);
            if (isPlain)
                continue;
            ulong who = 0;
            foreach (var artist in ArtistsOf(credit))
                who = (who ^ artists.Find(artist)) * 0x9E3779B97F4A7C15 + 1;
            // Neither is 0 but by a chance of 2 to the 64th.
            if (known.TryAdd(new UInt128(_texts[credit], who), out var number))
                firsts.Add(credit);
            else
                stands[credit] = firsts[(int)number];
        }

        return stands;

        bool IsInCluster(uint artist) => artists.Find(artist) != artist || _joined[artist];
    }

    /// <summary>Makes two artists one, unless MusicBrainz tells them apart.</summary>
    public void Join(Clusters artists, uint one, uint other)
    {
        var (a, b) = (artists.Find(one), artists.Find(other));
        if (a == b || (IsMbid[a] && IsMbid[b]))
            return;
        var (kept, gone) = artists.Join(a, b);
        IsMbid[kept] |= IsMbid[gone];
        _joined[kept] = true;
        _joined[gone] = true;
    }

    private static void Append(XxHash3 to, ReadOnlySpan<byte> text)
    {
        to.Append(BitConverter.GetBytes(text.Length));
        to.Append(text);
    }
}
