using Lacquer.Formats.Catalogues;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>What matching needs of every mention and document, in memory by columns: 36 bytes a mention and 7 a document.</summary>
internal sealed class MentionTable
{
    public MentionTable(StagedFiles files, ParsedRecords parsed, IReadOnlyList<int> sourceOfAccession)
    {
        var documents = (int)parsed.Documents;
        DocumentRelease = GC.AllocateUninitializedArray<uint>(documents);
        DocumentAccession = GC.AllocateUninitializedArray<ushort>(documents);
        IsSuperseded = new bool[documents];
        Superseded = new long[parsed.Accessions.Count];
        FindSuperseded(files, documents, parsed, sourceOfAccession);

        var count = (int)parsed.Mentions;
        Identifiers = GC.AllocateUninitializedArray<ulong>(count);
        Isrcs = GC.AllocateUninitializedArray<long>(count);
        Titles = GC.AllocateUninitializedArray<ulong>(count);
        Artists = GC.AllocateUninitializedArray<uint>(count);
        Durations = GC.AllocateUninitializedArray<int>(count);
        Documents = GC.AllocateUninitializedArray<uint>(count);
        StagedFiles.ForEach<Mention>(files.Mentions, (start, mentions) =>
        {
            var i = (int)start;
            foreach (ref readonly var mention in mentions.Span)
            {
                var counts = !IsSuperseded[mention.Document];
                Identifiers[i] = counts ? mention.Identifier : 0;
                Isrcs[i] = counts ? mention.Isrc : 0;
                Titles[i] = counts ? mention.Title : 0;
                Artists[i] = mention.Artist;
                Durations[i] = mention.DurationMs;
                Documents[i++] = mention.Document;
            }
        });
    }

    public int Count => Identifiers.Length;

    public ulong[] Identifiers { get; }

    public long[] Isrcs { get; }

    public ulong[] Titles { get; }

    public uint[] Artists { get; }

    public int[] Durations { get; }

    public uint[] Documents { get; }

    public uint[] DocumentRelease { get; }

    /// <summary>Its place among the accessions, from 0.</summary>
    public ushort[] DocumentAccession { get; }

    public bool[] IsSuperseded { get; }

    public long[] Superseded { get; }

    public bool Counts(uint mention) => !IsSuperseded[Documents[mention]];

    // What a source says last of one of its keys holds.
    private void FindSuperseded(StagedFiles files, int count, ParsedRecords parsed, IReadOnlyList<int> sourceOfAccession)
    {
        var keys = GC.AllocateUninitializedArray<ulong>(count);
        var numbers = GC.AllocateUninitializedArray<uint>(count);
        var place = parsed.Accessions.Select((a, i) => (a.Accession, i)).ToDictionary(a => a.Accession, a => (ushort)a.i);
        StagedFiles.ForEach<Document>(files.Documents, (start, documents) =>
        {
            var i = (int)start;
            foreach (ref readonly var document in documents.Span)
            {
                var accession = place[document.Accession];
                DocumentRelease[i] = document.Release;
                DocumentAccession[i] = accession;
                // The key's hash has the source in it already, for keys that are the source's own.
                keys[i] = document.Key ^ ((ulong)sourceOfAccession[accession] * 0x9E3779B97F4A7C15);
                numbers[i] = (uint)i++;
            }
        });
        KeySort.Sort(ref keys, ref numbers, count);
        for (var i = 0; i + 1 < count; i++)
        {
            if (keys[i] != keys[i + 1])
                continue;
            IsSuperseded[numbers[i]] = true;
            Superseded[DocumentAccession[numbers[i]]]++;
        }
    }
}
