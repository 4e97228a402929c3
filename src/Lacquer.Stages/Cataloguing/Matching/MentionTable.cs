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

/// <summary>What matching needs of every mention and document: 40 bytes a mention and 7 a document.</summary>
internal sealed class MentionTable
{
    private readonly Column<Facts> _mentions;

    public MentionTable(StagedFiles files, ParsedRecords parsed, Columns columns, IReadOnlyList<int> sourceOfAccession, CancellationToken stop)
    {
        Columns = columns;
        DocumentRelease = columns.New<uint>(parsed.Documents);
        DocumentAccession = columns.New<ushort>(parsed.Documents);
        IsSuperseded = columns.New<bool>(parsed.Documents);
        Superseded = new long[parsed.Accessions.Count];
        FindSuperseded(files, parsed, sourceOfAccession, stop);

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

    // What a source says last of one of its keys holds.
    private void FindSuperseded(StagedFiles files, ParsedRecords parsed, IReadOnlyList<int> sourceOfAccession, CancellationToken stop)
    {
        var place = parsed.Accessions.Select((a, i) => (a.Accession, i)).ToDictionary(a => a.Accession, a => (ushort)a.i);
        SortRounds.Run(Columns, parsed.Documents, take => StagedFiles.ForEach<Document>(files.Documents, (start, documents) =>
        {
            var i = start;
            foreach (ref readonly var document in documents.Span)
            {
                var accession = place[document.Accession];
                DocumentRelease[i] = document.Release;
                DocumentAccession[i] = accession;
                // The key's hash has the source in it already, for keys that are the source's own.
                take(document.Key ^ ((ulong)sourceOfAccession[accession] * 0x9E3779B97F4A7C15), (uint)i++);
            }
        }), (keys, numbers) =>
        {
            for (var i = 0; i + 1 < keys.Length; i++)
            {
                if (keys[i] != keys[i + 1])
                    continue;
                IsSuperseded[numbers[i]] = true;
                Superseded[DocumentAccession[numbers[i]]]++;
            }
        }, stop);
    }
}
