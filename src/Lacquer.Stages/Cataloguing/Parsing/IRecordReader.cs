using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>Reads the lines of one adapter's accessions. Of each core its own.</summary>
internal interface IRecordReader
{
    /// <summary>Adds what a line says to a batch.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <param name="offset">Where it begins in the accession.</param>
    /// <param name="batch">Where to; left as it was where the line is no record.</param>
    /// <exception cref="FormatException">The line is no record; the message says why.</exception>
    void Read(ReadOnlyMemory<byte> line, long offset, RecordBatch batch);
}
