using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>What matching needs of a mention. Beside each other, as most of it is wanted at once and mentions of one recording lie far apart.</summary>
internal struct Facts
{
    public ulong Identifier;
    public long Isrc;
    public ulong Title;
    public uint Artist;
    public int DurationMs;
    public uint Document;
    public uint Credit;
}

/// <summary>Takes a mention and the bytes of its recording's id.</summary>
internal delegate void MentionId(uint mention, ReadOnlySpan<byte> id);

/// <summary>What matching needs of every mention and document: 40 bytes a mention and 7 a document.</summary>
internal sealed class MentionTable
{
    private readonly Column<Facts> _mentions;
    private readonly IReadOnlyList<int> _sourceOfAccession;

    public MentionTable(StagedFiles files, ParsedRecords parsed, Columns columns, IReadOnlyList<int> sourceOfAccession, CancellationToken stop)
    {
        (Columns, _sourceOfAccession) = (columns, sourceOfAccession);
        DocumentRelease = columns.New<uint>(parsed.Documents);
        DocumentAccession = columns.New<ushort>(parsed.Documents);
        IsSuperseded = columns.New<bool>(parsed.Documents);
        Superseded = new long[parsed.Accessions.Count];
        var place = parsed.Accessions.Select((a, i) => (a.Accession, i)).ToDictionary(a => a.Accession, a => (ushort)a.i);
        StagedFiles.ForEach<Document>(files.Documents, (start, documents) =>
        {
            var i = start;
            foreach (ref readonly var document in documents.Span)
                (DocumentRelease[i], DocumentAccession[i++]) = (document.Release, place[document.Accession]);
        });
        FindSuperseded(files, stop);

        _mentions = columns.New<Facts>(parsed.Mentions);
        StagedFiles.ForEach<Mention>(files.Mentions, (start, mentions) =>
        {
            var to = _mentions.Span(start, mentions.Length);
            var i = 0;
            foreach (ref readonly var mention in mentions.Span)
            {
                var counts = !IsSuperseded[mention.Document];
                to[i++] = new Facts
                {
                    Identifier = counts ? mention.Identifier : 0,
                    Isrc = counts ? mention.Isrc : 0,
                    Title = counts ? mention.Title : 0,
                    Artist = mention.Artist,
                    DurationMs = mention.DurationMs,
                    Document = mention.Document,
                    Credit = mention.Credit,
                };
            }
        });
    }

    public Columns Columns { get; }

    public int Count => (int)_mentions.Length;

    public ref Facts this[uint mention] => ref _mentions[mention];

    public Column<uint> DocumentRelease { get; }

    /// <summary>Its place among the accessions, from 0.</summary>
    public Column<ushort> DocumentAccession { get; }

    public Column<bool> IsSuperseded { get; }

    public long[] Superseded { get; }

    public bool Counts(uint mention) => !IsSuperseded[_mentions[mention].Document];

    /// <summary>For each document the one of its key that counts, which mostly is itself.</summary>
    public Column<uint> Standing(StagedFiles files, CancellationToken stop)
    {
        var standing = Columns.Brief<uint>(IsSuperseded.Length);
        for (var document = 0U; document < standing.Length; document++)
            standing[document] = document;
        ByKey(files, documents =>
        {
            var stands = documents[0];
            foreach (var document in documents)
                stands = IsSuperseded[document] ? stands : document;
            foreach (var document in documents)
                standing[document] = stands;
        }, stop);
        return standing;
    }

    /// <summary>Gives the ids of mentions, which stand in the payloads, in the order in which they lie there; each is valid until the next.</summary>
    /// <param name="files">What parsing left.</param>
    /// <param name="isWanted">Whether a mention's id is read at all.</param>
    /// <param name="each">Takes a mention and its id.</param>
    /// <param name="stop">Gives up.</param>
    public static void ForEachId(StagedFiles files, Func<uint, bool> isWanted, MentionId each, CancellationToken stop)
    {
        using var payloads = new FileStream(files.Payloads, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        StagedFiles.ForEach<Mention>(files.Mentions, (start, mentions) =>
        {
            stop.ThrowIfCancellationRequested();
            var number = (uint)start;
            Span<byte> id = stackalloc byte[EntityId.LengthBytes];
            foreach (ref readonly var mention in mentions.Span)
            {
                if (isWanted(number))
                {
                    payloads.Position = mention.Offset + PayloadLayout.Id;
                    payloads.ReadExactly(id);
                    each(number, id);
                }

                number++;
            }
        });
    }

    // What a source says last of one of its keys holds, from where it said so first: a source that is harvested whole again leaves everything that has not changed where it was.
    private void FindSuperseded(StagedFiles files, CancellationToken stop)
    {
        using var contents = Columns.Brief<ulong>(IsSuperseded.Length);
        StagedFiles.ForEach<Document>(files.Documents, (start, documents) =>
        {
            foreach (ref readonly var document in documents.Span)
                contents[start++] = document.Content;
        });
        ByKey(files, documents =>
        {
            var stands = documents.Length - 1;
            while (stands > 0 && contents[documents[stands - 1]] == contents[documents[^1]])
                stands--;
            for (var i = 0; i < documents.Length; i++)
            {
                if (i == stands)
                    continue;
                IsSuperseded[documents[i]] = true;
                Superseded[DocumentAccession[documents[i]]]++;
            }
        }, stop);
    }

    // Documents of one key, in their order, where there are several.
    private void ByKey(StagedFiles files, SameKey each, CancellationToken stop) => SortRounds.Run(Columns, IsSuperseded.Length, take => StagedFiles.ForEach<Document>(files.Documents, (start, documents) =>
    {
        var i = start;
        foreach (ref readonly var document in documents.Span)
        {
            // The key's hash has the source in it already, for keys that are the source's own.
            take(document.Key ^ ((ulong)_sourceOfAccession[DocumentAccession[i]] * 0x9E3779B97F4A7C15), (uint)i);
            i++;
        }
    }), (keys, numbers) =>
    {
        for (var (start, end) = (0, 1); end <= keys.Length; end++)
        {
            if (end < keys.Length && keys[end] == keys[start])
                continue;
            if (end - start > 1)
                each(numbers[start..end]);
            start = end;
        }
    }, stop);

    private delegate void SameKey(Span<uint> documents);
}
